using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Qos.Cli;

/// <summary>The help of System.CommandLine, with examples below.</summary>
internal sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
{
    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        help.MaxWidth = 140;
        int status = help.Invoke(parseResult);
        IReadOnlyList<string> examples = parseResult.CommandResult.Command switch
        {
            QosCommand command => command.Examples,
            RootCommand => CommandLine.Examples,
            _ => [],
        };
        if (examples.Count == 0)
            return status;

        TextWriter output = parseResult.InvocationConfiguration.Output;
        output.WriteLine(examples.Count == 1 ? "Example:" : "Examples:");
        foreach (string example in examples)
            output.WriteLine("  " + example);
        output.WriteLine();
        return status;
    }
}
