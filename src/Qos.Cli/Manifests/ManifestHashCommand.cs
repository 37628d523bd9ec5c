using System.CommandLine;
using Qos.Client;

namespace Qos.Cli;

/// <summary><c>qos manifest hash</c></summary>
internal sealed class ManifestHashCommand : QosCommand
{
    private readonly Argument<string> _file = new("FILE") { Description = "A manifest of any version." };

    private readonly Option<bool> _json = StandardOptions.Json();

    public ManifestHashCommand()
        : base("hash", "Print a manifest's hash, which approvals sign and attestation documents carry.", "qos manifest hash manifest") =>
        Take(_file, _json);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        byte[] hash = InputFile.Manifest(parsed.GetValue(_file)!).Hash();
        if (parsed.GetValue(_json))
        {
            JsonResult.Write(terminal, writer =>
            {
                writer.BeginObject();
                writer.Member("hash", hash);
                writer.EndObject();
            });
        }
        else
        {
            terminal.Output.WriteLine(Convert.ToHexStringLower(hash));
        }

        return Task.CompletedTask;
    }
}
