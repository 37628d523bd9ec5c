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
        help.MaxWidth = ((QosInvocation)parseResult.InvocationConfiguration).Terminal.Width();
        int status = help.Invoke(parseResult);
        IReadOnlyList<string> examples = parseResult.CommandResult.Command switch
        {
            QosCommand command => command.Examples,
            RootCommand => CommandLine.Examples,
            _ => [],
        };
        TextWriter output = parseResult.InvocationConfiguration.Output;
        SettingOption[] settings = [.. parseResult.CommandResult.Command.Options.OfType<SettingOption>()];
        if (settings.Length > 0 && parseResult.CommandResult.Command is not InitCommand)
        {
            output.WriteLine("From the environment or the profile, unless given:");
            foreach (SettingOption option in settings)
                output.WriteLine($"  {option.Name,-16} {option.Setting.Variable}{(option.IsNeeded ? " (needed)" : "")}");
            output.WriteLine();
        }

        if (examples.Count == 0)
            return status;

        output.WriteLine(examples.Count == 1 ? "Example:" : "Examples:");
        foreach (string example in examples)
            output.WriteLine("  " + example);
        output.WriteLine();
        return status;
    }
}
