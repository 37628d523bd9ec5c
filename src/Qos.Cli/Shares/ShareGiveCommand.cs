using System.CommandLine;
using Qos.Client;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary><c>qos share give</c></summary>
internal sealed class ShareGiveCommand : QosCommand
{
    private readonly HostOption _host = new();
    private readonly ShareHandover _handover = new();
    private readonly Option<bool> _json = StandardOptions.Json();

    public ShareGiveCommand()
        : base(
            "give",
            "A member's whole part at a boot: fetch the node's document, compare and verify everything, and post your share to that enclave alone.",
            "qos share give",
            "qos share give --host http://127.0.0.1:3001 --envelope manifest_envelope --share alice.share --secret alice.secret --alias alice"
            + " --manifest-set manifest-set --share-set share-set --quorum-key genesis/quorum_key.pub --pcrs aws-x86_64.pcrs")
    {
        Take(_host.Option);
        Take(_handover.All);
        Take(_json);
    }

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        bool isJson = parsed.GetValue(_json);
        using NodeClient node = _host.Open(parsed);
        (byte[] share, Approval approval) = await _handover.ReencryptAsync(
            parsed,
            terminal,
            isJson ? terminal.ErrorPage : terminal.Page,
            async () => (await node.AttestationAsync(cancellationToken)).Document);
        SharePostCommand.Show(terminal, isJson, await node.ProvisionAsync(share, approval, cancellationToken));
    }
}
