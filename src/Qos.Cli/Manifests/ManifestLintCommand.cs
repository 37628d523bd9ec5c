using System.CommandLine;
using Qos.Client;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary><c>qos manifest lint</c></summary>
internal sealed class ManifestLintCommand : QosCommand
{
    private readonly Argument<string> _file = new("FILE") { Description = "A manifest of any version." };
    private readonly SettingOption _previous = StandardOptions.Previous();
    private readonly Option<bool> _json = StandardOptions.Json();

    public ManifestLintCommand()
        : base(
            "lint",
            "Look a manifest through for what must not be, and for what a reviewer must know. Exit status 1 when something must not be.",
            "qos manifest lint manifest --previous manifest.6") =>
        Take(_file, _previous, _json);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        Manifest? previous = _previous.Read(parsed) is { } before ? InputFile.Manifest(before) : null;
        IReadOnlyList<LintFinding> findings = ManifestReview.Lint(InputFile.Manifest(parsed.GetValue(_file)!), previous);
        if (parsed.GetValue(_json))
            JsonResult.Write(terminal, writer => LintJson.WriteFindings(writer, findings));
        else if (findings.Count == 0)
            terminal.Page.Line("Nothing was found.", Tone.Good);
        else
            ManifestPage.Show(terminal.Page, findings);
        ManifestReview.RequireAcceptable(findings);
        return Task.CompletedTask;
    }
}
