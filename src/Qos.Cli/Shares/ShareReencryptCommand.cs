using System.CommandLine;
using System.Globalization;
using Qos.Client;
using Qos.Keys;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary><c>qos share reencrypt</c></summary>
internal sealed class ShareReencryptCommand : QosCommand
{
    private readonly Option<string> _document = StandardOptions.Input("--attestation", "The node's attestation document.");
    private readonly Option<string> _envelope = StandardOptions.Input("--envelope", "The manifest envelope, from a source of your own.");
    private readonly Option<string> _share = StandardOptions.Input("--share", "Your share, as 'genesis accept' wrote it.");
    private readonly SecretOptions _secret = new();
    private readonly Option<string> _alias = StandardOptions.Alias();
    private readonly Option<string?> _outShare = new("--out-share") { Description = "The share for this node. Default: ALIAS.node-share.", HelpName = "FILE" };
    private readonly Option<string?> _outApproval = new("--out-approval") { Description = "Your approval for it. Default: ALIAS.node-approval.", HelpName = "FILE" };
    private readonly TrustOptions _trust = new();
    private readonly Option<bool> _yes = StandardOptions.Yes();
    private readonly Option<bool> _force = StandardOptions.Force();

    public ShareReencryptCommand()
        : base(
            "reencrypt",
            "Verify an enclave and its manifest, then encrypt your share to that enclave alone.",
            "qos share reencrypt --attestation attestation.setup --envelope manifest_envelope --share alice.share --secret alice.secret --alias alice"
            + " --pcrs aws-x86_64.pcrs")
    {
        Take(_document, _envelope, _share, _secret.Secret, _alias, _outShare, _outApproval);
        Take(_trust.Root, _trust.Time, _trust.Pcrs, _trust.Pcr3, _trust.RoleArn, _yes, _force, _secret.PassphraseDescriptorNumber, _secret.PinDescriptorNumber);
    }

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        string alias = parsed.GetValue(_alias)!;
        bool force = parsed.GetValue(_force);
        string sharePath = parsed.GetValue(_outShare) ?? MemberFile(alias, ".node-share");
        string approvalPath = parsed.GetValue(_outApproval) ?? MemberFile(alias, ".node-approval");
        OutputFile.RequireFree(sharePath, force);
        OutputFile.RequireFree(approvalPath, force);
        ManifestEnvelope envelope = InputFile.ManifestEnvelope(parsed.GetValue(_envelope)!);
        byte[] encrypted = InputFile.Bytes(parsed.GetValue(_share)!);
        PublicKey setupKey = ShareCeremony.Check(
            InputFile.Bytes(parsed.GetValue(_document)!), envelope, _trust.Policy(parsed), alias, _secret.PublicKey(parsed));

        Show(terminal.Page, envelope, setupKey);
        if (!parsed.GetValue(_yes) && !terminal.Confirm("Give your share to this enclave?", "--yes"))
            throw new CeremonyException("You did not agree; the share stays where it is.");

        using IKeyPair key = _secret.Open(parsed, terminal);
        (byte[] share, Approval approval) = ShareCeremony.Reencrypt(encrypted, setupKey, envelope.Manifest, alias, key, SystemRandomSource.Instance);
        OutputFile.Write(sharePath, share, force);
        OutputFile.Write(approvalPath, ApprovalFormat.Write(approval), force);
        terminal.Page.Wrote(sharePath, "your share, which that enclave alone can open");
        terminal.Page.Wrote(approvalPath, "your approval of its manifest");
        return Task.CompletedTask;
    }

    private static string MemberFile(string alias, string ending) => alias.Contains('/', StringComparison.Ordinal)
        ? throw new UsageException("the alias holds a slash: name the files with --out-share and --out-approval")
        : alias + ending;

    private static void Show(Page page, ManifestEnvelope envelope, PublicKey setupKey)
    {
        Manifest manifest = envelope.Manifest;
        page.Line("The document verifies, and is about this manifest, which enough members approved.", Tone.Good);
        page.Field("namespace", manifest.Namespace.Name);
        page.Field("nonce", manifest.Namespace.Nonce.ToString(CultureInfo.InvariantCulture));
        page.Field("manifest hash", Convert.ToHexStringLower(manifest.Hash()));
        page.Field("approved by", string.Join(", ", envelope.ManifestSetApprovals.Select(static approval => approval.Member.Alias)));
        page.Field("pivot hash", Convert.ToHexStringLower(manifest.Pivot.Hash.Span));
        foreach (string arg in manifest.Pivot.Args)
            page.Field("argument", arg);
        page.Field("quorum key", Convert.ToHexStringLower(manifest.Namespace.QuorumKey.Span));
        page.Field("PCR0", Convert.ToHexStringLower(manifest.Enclave.Pcr0.Span));
        page.Field("PCR3", Convert.ToHexStringLower(manifest.Enclave.Pcr3.Span));
        page.Field("setup key", KeyFile.Fingerprint(setupKey));
    }
}
