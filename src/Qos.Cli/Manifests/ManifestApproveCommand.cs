using System.CommandLine;
using Qos.Client;
using Qos.Keys;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary><c>qos manifest approve</c></summary>
internal sealed class ManifestApproveCommand : QosCommand
{
    private readonly Argument<string> _file = new("FILE") { Description = "The manifest." };
    private readonly SecretOptions _secret = new();
    private readonly SettingOption _alias = StandardOptions.Alias();
    private readonly TrustOptions _trust = new();
    private readonly PinOptions _pins;

    private readonly Option<string?> _folder = new("--out-dir")
    {
        Description = "The folder of the approval, ALIAS-NAMESPACE-NONCE.approval. Default: this one.",
        HelpName = "DIR",
    };

    private readonly Option<bool> _yes = StandardOptions.Yes();
    private readonly Option<bool> _acceptWarnings = StandardOptions.AcceptWarnings();
    private readonly Option<bool> _json = StandardOptions.Json();

    public ManifestApproveCommand()
        : base(
            "approve",
            "Compare a manifest with what you hold, review it section by section, and sign its hash when you agree with all of it.",
            "qos manifest approve manifest --out-dir approvals",
            "qos manifest approve manifest --secret alice.secret --alias alice --manifest-set manifest-set --share-set share-set --quorum-key genesis/quorum_key.pub"
            + " --pivot signer --pcrs aws-x86_64.pcrs --previous manifest.6")
    {
        _pins = new PinOptions(_trust);
        Take(_file, _secret.Secret, _alias, _folder);
        Take(_pins.All);
        Take(_trust.Root, _trust.Pcrs, _trust.RoleArn, _trust.Pcr3, _yes, _acceptWarnings, _json, _secret.PassphraseDescriptorNumber, _secret.PinDescriptorNumber);
    }

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        Manifest manifest = InputFile.Manifest(parsed.GetValue(_file)!);
        ManifestPins pins = _pins.Read(parsed);
        string alias = _alias.Require(parsed);
        pins.Require(manifest);
        ManifestApproval.RequireMember(manifest, alias, _secret.PublicKey(parsed));
        string path = Path.Combine(parsed.GetValue(_folder) ?? "", ManifestApproval.FileName(manifest, alias));
        OutputFile.RequireFree(path);
        bool yes = parsed.GetValue(_yes);
        if (!yes && !terminal.CanReview)
            throw new UsageException("there is no terminal to review the manifest on: review it with 'qos manifest show' and give --yes");

        // First of all questions: whoever cannot open the key need not answer the others.
        using IKeyPair key = _secret.Open(parsed, terminal);
        IReadOnlyList<LintFinding> warnings = ManifestDecision.Show(
            terminal, parsed.GetValue(_json) ? terminal.ErrorPage : terminal.Page, manifest, pins, _pins.LintPivot(parsed), yes ? null : section => Ask(terminal, section));
        ManifestPage.Accept(terminal, warnings, parsed.GetValue(_acceptWarnings));
        if (!yes && !terminal.Confirm("Do you sign this hash?", "--yes"))
            throw new CeremonyException("The hash was not approved; nothing was signed.");

        OutputFile.Write(path, ApprovalFormat.Write(ManifestApproval.Sign(manifest, alias, key)));
        if (parsed.GetValue(_json))
        {
            JsonResult.Write(terminal, writer =>
            {
                writer.BeginObject();
                writer.Member("approval", path);
                writer.Member("alias", alias);
                writer.Member("manifestHash", manifest.Hash());
                writer.EndObject();
            });
        }
        else
        {
            terminal.Page.Wrote(path, $"approval by {VisibleText.Escape(alias)} of {Convert.ToHexStringLower(manifest.Hash())}");
        }

        return Task.CompletedTask;
    }

    private static void Ask(Terminal terminal, ManifestSection section)
    {
        if (!terminal.Confirm("Do you approve this section?", "--yes"))
            throw new CeremonyException($"The section \"{section.Title}\" was not approved; nothing was signed.");
    }
}
