using System.CommandLine;
using System.Text;
using Qos.Client;

namespace Qos.Compat;

/// <summary><c>qos_client pivot-hash</c></summary>
internal sealed class PivotHashCommand : ClientCommand
{
    private readonly Option<string> _out = Standard.Required("output-path", "The pivot hash file.");
    private readonly Option<string> _pivot = Standard.Required("pivot-path", "The binary.");

    public PivotHashCommand()
        : base("pivot-hash", "Write a binary's SHA-256 in hex.") =>
        Take(_out, _pivot);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        string hash = Convert.ToHexStringLower(PivotFile.Hash(parsed.GetValue(_pivot)!));
        OutputFile.Write(parsed.GetValue(_out)!, Encoding.ASCII.GetBytes(hash), overwrite: true);
        return Task.CompletedTask;
    }
}
