using System.CommandLine;

namespace Qos.Cli;

/// <summary>A command of <c>qos</c>: its words, its examples, and what it does. A refusal is an exception with one clear line.</summary>
internal abstract class QosCommand : Command
{
    protected QosCommand(string name, string description, params string[] examples)
        : base(name, description)
    {
        Examples = examples;
        SetAction(async (parsed, cancellationToken) =>
        {
            await RunAsync(parsed, ((QosInvocation)parsed.InvocationConfiguration).Terminal, cancellationToken);
            return CommandLine.Done;
        });
    }

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
