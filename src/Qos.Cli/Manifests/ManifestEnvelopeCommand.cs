using System.CommandLine;
using System.Globalization;
using Qos.Client;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary><c>qos manifest envelope</c></summary>
internal sealed class ManifestEnvelopeCommand : QosCommand
{
    private readonly Option<string> _manifest = StandardOptions.Input("--manifest", "The manifest.");
    private readonly Option<string> _approvals = new("--approvals") { Description = "The folder of the approvals.", HelpName = "DIR", Required = true };
    private readonly Option<string> _out = StandardOptions.Output("The manifest envelope.");
    private readonly Option<bool> _force = StandardOptions.Force();

    public ManifestEnvelopeCommand()
        : base(
            "envelope",
            "Put a manifest and its approvals together and check them as a node does.",
            "qos manifest envelope --manifest manifest --approvals approvals --out approvals/manifest_envelope") =>
        Take(_manifest, _approvals, _out, _force);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        string path = parsed.GetValue(_out)!;
        Manifest manifest = InputFile.Manifest(parsed.GetValue(_manifest)!);
        ManifestEnvelope envelope = ManifestApproval.Assemble(manifest, parsed.GetValue(_approvals)!);
        OutputFile.Write(path, ManifestEnvelopeFormat.Write(envelope), parsed.GetValue(_force));
        string approved = string.Join(", ", envelope.ManifestSetApprovals.Select(static approval => VisibleText.Escape(approval.Member.Alias)));
        terminal.Page.Wrote(path, string.Create(
            CultureInfo.InvariantCulture,
            $"approved by {approved}; {manifest.ManifestSet.Threshold} of {manifest.ManifestSet.Members.Count} are needed"));
        return Task.CompletedTask;
    }
}
