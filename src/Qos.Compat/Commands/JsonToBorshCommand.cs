using System.CommandLine;
using Qos.Client;
using Qos.Protocol;

namespace Qos.Compat;

/// <summary><c>qos_client json-to-borsh</c></summary>
internal sealed class JsonToBorshCommand : ClientCommand
{
    private readonly Option<string> _file = Standard.Required("file-path", "The file.");
    private readonly Option<string> _type = Standard.Required("display-type", "manifest or manifest-envelope.");
    private readonly Option<string> _out = Standard.Required("output-path", "The file in Borsh.");

    public JsonToBorshCommand()
        : base("json-to-borsh", "Write a V1 manifest or envelope in Borsh; a V0 one becomes V1, with another hash.") =>
        Take(_file, _type, _out);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        string path = parsed.GetValue(_file)!;
        byte[] borsh;
        switch (parsed.GetValue(_type))
        {
            case "manifest":
                borsh = ManifestFormat.WriteBorsh(ToV1(InputFile.Manifest(path)));
                break;
            case "manifest-envelope":
                ManifestEnvelope envelope = InputFile.ManifestEnvelope(path);
                borsh = ManifestEnvelopeFormat.WriteBorsh(envelope with { Manifest = ToV1(envelope.Manifest) });
                break;
            case "genesis-output":
                throw new FormatException("GenesisOutput cannot be converted from JSON");
            default:
                throw new FormatException("unrecognized display type; it is manifest or manifest-envelope");
        }

        OutputFile.Write(parsed.GetValue(_out)!, borsh, overwrite: true);
        return Task.CompletedTask;
    }

    private static Manifest ToV1(Manifest manifest) => manifest.Version == ManifestVersion.V2
        ? throw new FormatException("v2 manifests cannot be represented in borsh")
        : ManifestFormat.ToV1(manifest);
}
