using System.CommandLine;
using Qos.Client;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary><c>qos genesis show</c></summary>
internal sealed class GenesisShowCommand : QosCommand
{
    private readonly Option<string> _folder = new("--dir") { Description = "The folder that 'genesis run' wrote.", HelpName = "DIR", Required = true };
    private readonly Option<bool> _json = StandardOptions.Json();

    public GenesisShowCommand()
        : base("show", "Show in whose hands the key of a genesis is: members, threshold, recovery key. Nothing is verified.", "qos genesis show --dir genesis") =>
        Take(_folder, _json);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        string folder = parsed.GetValue(_folder)!;
        GenesisOutput output = GenesisCeremony.ReadOutput(folder);
        if (parsed.GetValue(_json))
            GenesisPage.WriteJson(terminal, output, folder);
        else
            GenesisPage.Show(terminal.Page, output);
        return Task.CompletedTask;
    }
}
