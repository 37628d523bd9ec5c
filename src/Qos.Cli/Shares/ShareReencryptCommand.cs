using System.CommandLine;
using Qos.Client;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary><c>qos share reencrypt</c></summary>
internal sealed class ShareReencryptCommand : QosCommand
{
    private readonly Option<string> _document = StandardOptions.Input("--attestation", "The node's attestation document.");
    private readonly ShareHandover _handover = new();
    private readonly Option<string?> _outShare = new("--out-share") { Description = "The share for this node. Default: ALIAS.node-share.", HelpName = "FILE" };
    private readonly Option<string?> _outApproval = new("--out-approval") { Description = "Your approval for it. Default: ALIAS.node-approval.", HelpName = "FILE" };
    private readonly Option<bool> _force = StandardOptions.Force();
    private readonly Option<bool> _json = StandardOptions.Json();

    public ShareReencryptCommand()
        : base(
            "reencrypt",
            "Compare a manifest with what you hold, verify the enclave that runs it, and encrypt your share to that enclave alone.",
            "qos share reencrypt --attestation attestation.setup",
            "qos share reencrypt --attestation attestation.setup --envelope manifest_envelope --share alice.share --secret alice.secret --alias alice"
            + " --manifest-set manifest-set --share-set share-set --quorum-key genesis/quorum_key.pub --pcrs aws-x86_64.pcrs")
    {
        Take(_document);
        Take(_handover.All);
        Take(_outShare, _outApproval, _force, _json);
    }

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        string alias = _handover.Alias(parsed);
        bool force = parsed.GetValue(_force);
        bool isJson = parsed.GetValue(_json);
        string sharePath = parsed.GetValue(_outShare) ?? MemberFile(alias, ".node-share");
        string approvalPath = parsed.GetValue(_outApproval) ?? MemberFile(alias, ".node-approval");
        OutputFile.RequireFree(sharePath, force);
        OutputFile.RequireFree(approvalPath, force);
        byte[] document = InputFile.Document(parsed.GetValue(_document)!);
        (byte[] share, Approval approval) = await _handover.ReencryptAsync(
            parsed, terminal, isJson ? terminal.ErrorPage : terminal.Page, () => Task.FromResult<ReadOnlyMemory<byte>>(document));
        OutputFile.Write(sharePath, share, force);
        OutputFile.Write(approvalPath, ApprovalFormat.Write(approval), force);
        if (isJson)
        {
            JsonResult.Write(terminal, writer =>
            {
                writer.BeginObject();
                writer.Member("share", sharePath);
                writer.Member("approval", approvalPath);
                writer.EndObject();
            });
            return;
        }

        terminal.Page.Wrote(sharePath, "your share, which that enclave alone can open");
        terminal.Page.Wrote(approvalPath, "your approval of its manifest");
    }

    private static string MemberFile(string alias, string ending) => alias.Contains('/', StringComparison.Ordinal) || VisibleText.NeedsEscape(alias)
        ? throw new UsageException("the alias holds a slash or an invisible character: name the files with --out-share and --out-approval")
        : alias + ending;
}
