using System.CommandLine;
using Qos.Client;

namespace Qos.Cli;

/// <summary><c>qos manifest hash</c></summary>
internal sealed class ManifestHashCommand : QosCommand
{
    private readonly Argument<string> _file = new("FILE") { Description = "A manifest of any version." };

    public ManifestHashCommand()
        : base("hash", "Print a manifest's hash, which approvals sign and attestation documents carry.", "qos manifest hash manifest") =>
        Take(_file);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        terminal.Output.WriteLine(Convert.ToHexStringLower(InputFile.Manifest(parsed.GetValue(_file)!).Hash()));
        return Task.CompletedTask;
    }
}
