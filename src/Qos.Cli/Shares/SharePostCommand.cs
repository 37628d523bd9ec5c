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
        Take(_host.Option, _share, _approval, _json);

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        byte[] share = InputFile.Bytes(parsed.GetValue(_share)!);
        Approval approval = InputFile.Read(parsed.GetValue(_approval)!, static bytes => ApprovalFormat.Read(bytes), "an approval");
        using NodeClient node = _host.Open(parsed);
        Show(terminal, parsed.GetValue(_json), await node.ProvisionAsync(share, approval, cancellationToken));
    }

    /// <summary>Shows what came of a share, by the host's word: a document says more, 'node attestation' and 'verify attestation'.</summary>
    public static void Show(Terminal terminal, bool isJson, bool isComplete)
    {
        if (!isJson)
        {
            terminal.Page.Line(
                isComplete ? "The node took the share and has the quorum key now, by its host's word." : "The node took the share and waits for more of them, by its host's word.");
            return;
        }

        JsonResult.Write(terminal, writer =>
        {
            writer.BeginObject();
            writer.WritePropertyName("reconstructed");
            writer.WriteBool(isComplete);
            writer.EndObject();
        });
    }
}
