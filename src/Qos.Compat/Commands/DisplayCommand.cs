using System.CommandLine;
using Qos.Client;
using Qos.Protocol;

namespace Qos.Compat;

/// <summary><c>qos_client display</c></summary>
internal sealed class DisplayCommand : ClientCommand
{
    private readonly Option<string> _file = Standard.Required("file-path", "The file.");
    private readonly Option<string> _type = Standard.Required("display-type", "manifest, manifest-envelope or genesis-output.");
    private readonly Option<bool> _json = Standard.Flag("json", "Show it as JSON.");

    public DisplayCommand()
        : base("display", "Show a manifest, a manifest envelope or a genesis output.") =>
        Take(_file, _type, _json);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        string path = parsed.GetValue(_file)!;
        bool json = parsed.GetValue(_json);
        switch (parsed.GetValue(_type))
        {
            case "manifest" when json:
                screen.Output.WriteLine(Shown.Json(InputFile.Manifest(path)));
                break;
            case "manifest":
                Shown.Write(screen.Output, InputFile.Manifest(path));
                break;
            case "manifest-envelope" when json:
                screen.Output.WriteLine(Shown.Json(InputFile.ManifestEnvelope(path)));
                break;
            case "manifest-envelope":
                Shown.Write(screen.Output, InputFile.ManifestEnvelope(path));
                break;
            case "genesis-output":
                screen.Output.WriteLine(Shown.Json(InputFile.Read(path, static bytes => GenesisOutputFormat.Read(bytes), "a genesis output")));
                break;
            default:
                throw new FormatException("unrecognized display type; it is manifest, manifest-envelope or genesis-output");
        }
        return Task.CompletedTask;
    }
}
