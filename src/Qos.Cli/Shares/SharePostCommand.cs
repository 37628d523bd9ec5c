using System.CommandLine;
using Qos.Client;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary><c>qos share post</c></summary>
internal sealed class SharePostCommand : QosCommand
{
    private readonly HostOption _host = new();
    private readonly Option<string> _share = StandardOptions.Input("--share", "The share for this node, from 'share reencrypt'.");
    private readonly Option<string> _approval = StandardOptions.Input("--approval", "The approval, from 'share reencrypt'.");
    private readonly Option<bool> _json = StandardOptions.Json();

    public SharePostCommand()
        : base("post", "Post a share to the node that it was encrypted for.", "qos share post --host http://127.0.0.1:3001 --share alice.node-share --approval alice.node-approval") =>
        Take(_host, _share, _approval, _json);

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        byte[] share = InputFile.Bytes(parsed.GetValue(_share)!);
        Approval approval = InputFile.Read(parsed.GetValue(_approval)!, static bytes => ApprovalFormat.Read(bytes), "an approval");
        using NodeClient node = _host.Open(parsed);
        bool complete = await node.ProvisionAsync(share, approval, cancellationToken);
        if (parsed.GetValue(_json))
        {
            JsonResult.Write(terminal, writer =>
            {
                writer.BeginObject();
                writer.Name("reconstructed");
                writer.Bool(complete);
                writer.EndObject();
            });
            return;
        }

        terminal.Page.Line(
            complete ? "The node took the share and has the quorum key now." : "The node took the share and waits for more of them.", Tone.Good);
    }
}
