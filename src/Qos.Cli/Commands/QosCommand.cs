using System.CommandLine;

namespace Qos.Cli;

/// <summary>A command of <c>qos</c>: its words, its examples, and what it does. A refusal is an exception with one clear line.</summary>
internal abstract class QosCommand : Command
{
    private Option<bool>? _json;

    protected QosCommand(string name, string description, params string[] examples)
        : base(name, description)
    {
        Examples = examples;
        SetAction(async (parsed, cancellationToken) =>
        {
            Terminal terminal = ((QosInvocation)parsed.InvocationConfiguration).Terminal;
            if (_json is null || !parsed.GetValue(_json))
            {
                await RunAsync(parsed, terminal, cancellationToken);
                return ExitStatus;
            }

            PageRecord record = terminal.Page.Record = new PageRecord();
            await RunAsync(parsed, terminal, cancellationToken);
            JsonResult.Write(terminal, record.Write);
            return ExitStatus;
        });
    }

    /// <summary>Gives the command <c>--json</c> when it has none of its own: what it would show is then written as JSON.</summary>
    public void AddJson()
    {
        if (!Options.Any(static option => option.Name == "--json"))
            Options.Add(_json = StandardOptions.Json());
    }

    /// <summary>The exit status of a command that was not refused.</summary>
    protected virtual int ExitStatus => CommandLine.Done;

    /// <summary>Command lines that do something useful.</summary>
    public IReadOnlyList<string> Examples { get; }

    /// <summary>Runs the command.</summary>
    protected abstract Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken);

    /// <summary>Takes arguments and options, in the order in which the help shows them.</summary>
    protected void Take(params ReadOnlySpan<Symbol> symbols)
    {
        foreach (Symbol symbol in symbols)
        {
            if (symbol is Argument argument)
                Arguments.Add(argument);
            else
                Options.Add((Option)symbol);
        }
    }
}
