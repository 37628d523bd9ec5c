using System.CommandLine;
using System.CommandLine.Parsing;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary>What is wrong with a command line, in one sentence.</summary>
internal static class UsageError
{
    /// <summary>What is wrong, with what was probably meant; null when nothing is.</summary>
    /// <exception cref="Client.CeremonyException">The profile cannot be read.</exception>
    public static string? Describe(ParseResult parsed, Settings settings)
    {
        if (parsed.Action is HelpWithExamples or VersionAction || parsed.Tokens.Any(static token => token.Type == TokenType.Directive))
            return null;
        Command command = parsed.CommandResult.Command;
        if (command is not QosCommand)
        {
            string word = parsed.UnmatchedTokens.Count > 0 ? parsed.UnmatchedTokens[0] : "";
            return word.StartsWith('-') ? NoOption(word, command) : $"there is no command '{VisibleText.Escape(word)}'{Meant(word, command.Subcommands.Select(static other => other.Name))}";
        }

        // Without this, a mistyped option (--jsno) would be parsed as a file name.
        string? odd = parsed.CommandResult.Children.OfType<ArgumentResult>()
            .SelectMany(static argument => argument.Tokens)
            .Select(static token => token.Value)
            .Concat(parsed.UnmatchedTokens)
            .FirstOrDefault(static text => text.Length > 1 && text[0] == '-');
        if (odd is not null && !parsed.Tokens.Any(static token => token.Type == TokenType.DoubleDash))
            return NoOption(odd, command);
        if (EmptyWord(parsed) is { } empty)
            return $"{empty} is empty";
        ParseError? other = parsed.Errors.FirstOrDefault(error => !RequiredOptions.IsMissing(error, parsed));
        return other is null ? RequiredOptions.DescribeMissing(parsed, settings) : Describe(other);
    }

    // The parser's own words name a type of .NET's, or a word without the option that it was given to.
    private static string Describe(ParseError error)
    {
        OptionResult? option = error.SymbolResult as OptionResult ?? (error.SymbolResult as ArgumentResult)?.Parent as OptionResult;
        if (option is null)
            return error.Message;
        if (error.Message.StartsWith("Cannot parse", StringComparison.Ordinal))
            return $"{option.Option.Name} does not take '{VisibleText.Escape(Last(option.Tokens))}'";
        return error.Message.StartsWith("Argument '", StringComparison.Ordinal) ? $"{option.Option.Name}: {error.Message}" : error.Message;
    }

    private static string Last(IReadOnlyList<Token> tokens) => tokens.Count > 0 ? tokens[^1].Value : "";

    // What an unset variable of a shell leaves. Only arguments of the app's, --arg and what follows --, may be empty.
    private static string? EmptyWord(ParseResult parsed)
    {
        foreach (SymbolResult child in parsed.CommandResult.Children)
        {
            if (!child.Tokens.Any(static token => token.Value.Length == 0))
                continue;
            if (child is ArgumentResult argument && !parsed.Tokens.Any(static token => token.Type == TokenType.DoubleDash))
                return argument.Argument.Name;
            if (child is OptionResult { Option.Name: not "--arg" } option)
                return option.Option.Name;
        }

        return null;
    }

    private static string NoOption(string word, Command command)
    {
        string name = word.Split('=')[0];
        return $"there is no option {VisibleText.Escape(name)} here{Meant(name, command.Options.SelectMany(static option => option.Aliases.Append(option.Name)))}";
    }

    private static string Meant(string word, IEnumerable<string> words) => Spelling.Nearest(word, words) is { } near ? $" (did you mean {near}?)" : "";
}
