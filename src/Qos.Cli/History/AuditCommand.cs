using System.CommandLine;
using Qos.Client;

namespace Qos.Cli;

/// <summary><c>qos audit</c></summary>
internal sealed class AuditCommand : QosCommand
{
    private readonly Argument<string[]> _paths = new("STEP")
    {
        Description = "In order: the folder of the genesis, then manifest envelopes and the folders of reshares and drills.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly HistoryOptions _options = new();
    private readonly Option<bool> _json = StandardOptions.Json();

    public AuditCommand()
        : base(
            "audit",
            "Check a quorum key's whole history: who could ever have held it, and whether each step was approved by those before it.",
            "qos audit genesis envelope.1 reshare envelope.2 --pcrs aws-x86_64.pcrs --quorum-key quorum_key.pub --manifest-set manifest-set")
    {
        Take(_paths);
        Take(_options.All);
        Take(_json);
    }

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        KeyHistory history = _options.Read(parsed, parsed.GetValue(_paths)!);
        if (parsed.GetValue(_json))
            HistoryPage.WriteJson(terminal, history);
        else
            HistoryPage.Show(terminal.Page, history);
        HistoryPage.RequireSound(history);
        return Task.CompletedTask;
    }
}
