using System.CommandLine;
using System.CommandLine.Parsing;
using Qos.Arguments;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary>What is wrong with a command line, in one sentence.</summary>
internal static class UsageError
{
    /// <summary>What is wrong, with what was probably meant; null when nothing is.</summary>
    /// <exception cref="Client.CeremonyException">The profile cannot be read.</exception>
    public static string? Describe(CommandArguments arguments, Settings settings)
    {
        ParseResult parsed = arguments.Parsed;
        if (parsed.Action is HelpWithExamples or VersionAction || parsed.Tokens.Any(static token => token.Type == TokenType.Directive))
            return null;
        Command command = parsed.CommandResult.Command;
        if (command is not QosCommand)
        {
            string word = parsed.UnmatchedTokens.Count > 0 ? parsed.UnmatchedTokens[0] : "";
            return word.StartsWith('-') ? NoOption(word, command) : $"there is no command '{VisibleText.Escape(word)}'{Meant(word, command.Subcommands.Select(static other => other.Name))}";
        }

        // Before what the parser made of the next word.
        if (arguments.WithoutValue is { } option)
            return $"{option} has no value";

        // Without this, a mistyped option (--jsno) would be parsed as a file name.
        string? odd = parsed.CommandResult.Children.OfType<ArgumentResult>()
            .SelectMany(static argument => argument.Tokens)
            .Select(static token => token.Value)
            .Concat(parsed.UnmatchedTokens)
            .FirstOrDefault(static text => text.Length > 1 && text[0] == '-');
        if (odd is not null && !parsed.Tokens.Any(static token => token.Type == TokenType.DoubleDash))
            return NoOption(odd, command);
        if (!parsed.Tokens.Any(static token => token.Type == TokenType.DoubleDash)
            && parsed.CommandResult.Children.OfType<ArgumentResult>().FirstOrDefault(static argument => argument.Tokens.Any(static token => token.Value.Length == 0)) is { } empty)
            return $"{empty.Argument.Name} is empty";
        ParseError? other = parsed.Errors.FirstOrDefault(error => !RequiredOptions.IsMissing(error, parsed));
        return other is null ? RequiredOptions.DescribeMissing(parsed, settings) : Describe(other);
    }

    // The parser's own words can lack the option that a word was given to.
    private static string Describe(ParseError error)
    {
        string told = CommandArguments.Told(error);
        return CommandArguments.OptionOf(error) is { } option && told.StartsWith("Argument '", StringComparison.Ordinal) ? $"{option.Option.Name}: {told}" : told;
    }

    private static string NoOption(string word, Command command)
    {
        string name = word.Split('=')[0];
        return $"there is no option {VisibleText.Escape(name)} here{Meant(name, command.Options.SelectMany(static option => option.Aliases.Append(option.Name)))}";
    }

    private static string Meant(string word, IEnumerable<string> words) => Spelling.Nearest(word, words) is { } near ? $" (did you mean {near}?)" : "";
}
