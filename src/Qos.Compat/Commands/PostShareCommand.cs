using System.CommandLine;
using Qos.Client;
using Qos.Protocol;

namespace Qos.Compat;

/// <summary><c>qos_client post-share</c></summary>
internal sealed class PostShareCommand : ClientCommand
{
    private readonly NodeOptions _node = new();
    private readonly Option<string> _approval = Standard.Required("approval-path", "The member's approval.");
    private readonly Option<string> _share = Standard.Required("eph-wrapped-share-path", "The share for the enclave.");

    public PostShareCommand()
        : base("post-share", "Post a share to the node that it was encrypted for.") =>
        Take([.. _node.All, _approval, _share]);

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        byte[] share = InputFile.Bytes(parsed.GetValue(_share)!);
        Approval approval = InputFile.Read(parsed.GetValue(_approval)!, static bytes => ApprovalFormat.Read(bytes), "an approval");
        using NodeClient node = _node.Open(parsed);
        screen.Output.WriteLine(await node.ProvisionAsync(share, approval, cancellationToken)
            ? "The quorum key has been reconstructed."
            : "The quorum key has *not* been reconstructed.");
    }
}
