using System.CommandLine;
using System.Globalization;
using Qos.Client;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary><c>qos manifest envelope</c></summary>
internal sealed class ManifestEnvelopeCommand : OutputFileCommand
{
    private readonly Option<string> _manifest = StandardOptions.Input("--manifest", "The manifest.");
    private readonly Option<string> _approvals = new("--approvals") { Description = "The folder of the approvals.", HelpName = "DIR", Required = true };

    public ManifestEnvelopeCommand()
        : base(
            "envelope",
            "Put a manifest and its approvals together and check them as a node does.",
            "The manifest envelope.",
            "qos manifest envelope --manifest manifest --approvals approvals --out approvals/manifest_envelope") =>
        Take(_manifest, _approvals);

    /// <inheritdoc/>
    protected override Task<(byte[] Bytes, string What)> MakeAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        Manifest manifest = InputFile.Manifest(parsed.GetValue(_manifest)!);
        ManifestEnvelope envelope = ManifestApproval.Assemble(manifest, parsed.GetValue(_approvals)!);
        string approved = string.Join(", ", envelope.ManifestSetApprovals.Select(static approval => MemberSetDifference.Name(approval.Member)));
        string what = string.Create(CultureInfo.InvariantCulture, $"approved by {approved}; {manifest.ManifestSet.Threshold} of {manifest.ManifestSet.Members.Count} are needed");
        return Task.FromResult((ManifestEnvelopeFormat.Write(envelope), what));
    }
}
