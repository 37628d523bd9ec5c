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
    private readonly Option<string> _alias = StandardOptions.Alias();

    private readonly Option<string?> _folder = new("--out-dir")
    {
        Description = "The folder of the approval, ALIAS-NAMESPACE-NONCE.approval. Default: this one.",
        HelpName = "DIR",
    };

    private readonly Option<string?> _previous = StandardOptions.Previous();
    private readonly Option<bool> _yes = StandardOptions.Yes();
    private readonly Option<bool> _acceptWarnings = StandardOptions.AcceptWarnings();

    public ManifestApproveCommand()
        : base(
            "approve",
            "Review a manifest section by section, and sign its hash when you agree with all of them.",
            "qos manifest approve manifest --secret alice.secret --alias alice --out-dir approvals --previous manifest.6",
            "qos manifest approve manifest --secret alice.secret --alias alice --yes --accept-warnings") =>
        Take(_file, _secret.Secret, _alias, _folder, _previous, _yes, _acceptWarnings, _secret.PassphraseDescriptorNumber, _secret.PinDescriptorNumber);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        Manifest manifest = InputFile.Manifest(parsed.GetValue(_file)!);
        Manifest? previous = parsed.GetValue(_previous) is { } before ? InputFile.Manifest(before) : null;
        string alias = parsed.GetValue(_alias)!;
        ManifestApproval.RequireMember(manifest, alias, _secret.PublicKey(parsed));
        string path = Path.Combine(parsed.GetValue(_folder) ?? "", ManifestApproval.FileName(manifest, alias));
        OutputFile.RequireFree(path);
        bool yes = parsed.GetValue(_yes);
        if (!yes && !terminal.CanReview)
            throw new UsageException("there is no terminal to review the manifest on: review it with 'qos manifest show' and give --yes");

        ManifestPage.Answer(terminal, ManifestReview.Lint(manifest, previous), parsed.GetValue(_acceptWarnings));
        if (!yes)
            Review(terminal, manifest);

        using IKeyPair key = _secret.Open(parsed, terminal);
        OutputFile.Write(path, ApprovalFormat.Write(ManifestApproval.Sign(manifest, alias, key)));
        terminal.Page.Wrote(path, $"approval by {VisibleText.Escape(alias)} of {Convert.ToHexStringLower(manifest.Hash())}");
        return Task.CompletedTask;
    }

    private static void Review(Terminal terminal, Manifest manifest)
    {
        foreach (ManifestSection section in ManifestReview.Sections(manifest))
        {
            ManifestPage.Show(terminal.Page, section);
            if (!terminal.Confirm("Do you approve this section?", "--yes"))
                throw new CeremonyException($"The section \"{section.Title}\" was not approved; nothing was signed.");
            terminal.Page.Space();
        }

        ManifestPage.ShowHash(terminal.Page, manifest);
        if (!terminal.Confirm("Do you sign this hash?", "--yes"))
            throw new CeremonyException("The hash was not approved; nothing was signed.");
    }
}
