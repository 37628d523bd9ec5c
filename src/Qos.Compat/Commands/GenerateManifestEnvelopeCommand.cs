using System.CommandLine;
using Qos.Client;
using Qos.Protocol;

namespace Qos.Compat;

/// <summary><c>qos_client generate-manifest-envelope</c></summary>
internal sealed class GenerateManifestEnvelopeCommand : ClientCommand
{
    private readonly Option<string> _folder = Standard.Required("manifest-approvals-dir", "Folder of the approvals.");
    private readonly Option<string> _manifest = Standard.Required("manifest-path", "The manifest.");
    private readonly Option<string?> _out = Standard.Optional("manifest-envelope-path", "The envelope. Default: manifest_envelope in the folder.");

    public GenerateManifestEnvelopeCommand()
        : base("generate-manifest-envelope", "Put a manifest and its approvals together.") =>
        Take(_folder, _manifest, _out);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        string folder = parsed.GetValue(_folder)!;
        ManifestEnvelope envelope = ManifestApproval.Assemble(InputFile.Manifest(parsed.GetValue(_manifest)!), folder);
        string path = parsed.GetValue(_out) ?? Path.Combine(folder, "manifest_envelope");
        OutputFile.Write(path, ManifestEnvelopeFormat.Write(envelope), overwrite: true);
        screen.Wrote("Manifest Envelope", path);
        return Task.CompletedTask;
    }
}
