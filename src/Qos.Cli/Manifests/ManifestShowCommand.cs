using System.CommandLine;
using Qos.Client;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary><c>qos manifest show</c></summary>
internal sealed class ManifestShowCommand : QosCommand
{
    private readonly Argument<string> _file = new("FILE") { Description = "A manifest of any version." };
    private readonly SettingOption _previous = StandardOptions.Previous();
    private readonly Option<bool> _json = StandardOptions.Json();

    public ManifestShowCommand()
        : base("show", "Show everything that a manifest says, section by section, and what the lint finds.", "qos manifest show manifest") =>
        Take(_file, _previous, _json);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        Manifest manifest = InputFile.Manifest(parsed.GetValue(_file)!);
        Manifest? previous = _previous.Read(parsed) is { } before ? InputFile.Manifest(before) : null;
        IReadOnlyList<LintFinding> findings = ManifestReview.Lint(manifest, previous);
        if (parsed.GetValue(_json))
        {
            JsonResult.Write(terminal, writer => LintJson.WriteManifest(writer, manifest, findings));
            return Task.CompletedTask;
        }

        foreach (ManifestSection section in ManifestReview.Sections(manifest))
        {
            ManifestPage.Show(terminal.Page, section);
            terminal.Page.Space();
        }

        ManifestPage.Show(terminal.Page, findings);
        ManifestPage.ShowHash(terminal.Page, manifest);
        return Task.CompletedTask;
    }
}
