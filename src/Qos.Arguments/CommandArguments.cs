using System.CommandLine;
using System.CommandLine.Parsing;

namespace Qos.Arguments;

/// <summary>
/// A command line and what the parser makes of it. The parser drops an empty value behind an equals sign, as an unset variable of a shell leaves it, and
/// takes the next word for it; it takes the next option for the value of one that was given none. Both are found here, and no file is read for a word with an at sign.
/// </summary>
public sealed class CommandArguments
{
    private CommandArguments(ParseResult parsed, string? withoutValue) => (Parsed, WithoutValue) = (parsed, withoutValue);

    /// <summary>What the parser makes of it.</summary>
    public ParseResult Parsed { get; }

    /// <summary>The first option that needs a value and has none, or an empty one; null when there is no such option.</summary>
    public string? WithoutValue { get; }

    /// <summary>The first mistake in one sentence; null when there is none.</summary>
    public string? Mistake => Parsed.Action is { ClearsParseErrors: true } ? null
        : WithoutValue is { } option ? $"{option} has no value."
        : IsUnknownCommand ? Told(Parsed.Errors[^1])
        : Parsed.Errors.Count > 0 ? Told(Parsed.Errors[0]) : null;

    // The parser first complains that there is no command, and then about the word that stands in its place.
    private bool IsUnknownCommand => Parsed.Errors.Count > 1 && Parsed.UnmatchedTokens.Count > 0 && Parsed.CommandResult.Command.Subcommands.Count > 0;

    /// <summary>Reads a command line.</summary>
    /// <param name="command">The program's command.</param>
    /// <param name="words">The words behind the program's name.</param>
    /// <param name="mayBeEmpty">An option that takes anything, an empty text and the name of an option too; null when none does.</param>
    /// <param name="bundlesLetters">Whether <c>-ab</c> stands for <c>-a -b</c>.</param>
    public static CommandArguments Read(Command command, IReadOnlyList<string> words, string? mayBeEmpty = null, bool bundlesLetters = true)
    {
        var parser = new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = bundlesLetters };
        ParseResult parsed = command.Parse(words, parser);
        (List<string> whole, string? withoutValue) = GiveEmptyValues(words, OptionsOf(parsed), mayBeEmpty);
        return new CommandArguments(whole.Count > words.Count || withoutValue is not null ? command.Parse(whole, parser) : parsed, withoutValue);
    }

    /// <summary>A mistake that the parser found, without the name of a type of .NET's.</summary>
    public static string Told(ParseError error)
    {
        OptionResult? option = OptionOf(error);
        return option is not null && error.Message.StartsWith("Cannot parse", StringComparison.Ordinal)
            ? $"{option.Option.Name} does not take '{(option.Tokens.Count > 0 ? option.Tokens[^1].Value : "")}'."
            : string.Join(' ', error.Message.Split((char[]?)['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
    }

    /// <summary>The option that a mistake is about; null when it is about none.</summary>
    public static OptionResult? OptionOf(ParseError error) => error.SymbolResult as OptionResult ?? error.SymbolResult?.Parent as OptionResult;

    // Those of the command that is asked for, and those of the commands above it.
    private static Dictionary<string, Option> OptionsOf(ParseResult parsed)
    {
        var options = new Dictionary<string, Option>(StringComparer.Ordinal);
        for (SymbolResult? level = parsed.CommandResult; level is not null; level = level.Parent)
        {
            foreach (Option option in level is CommandResult { Command: var command } ? command.Options : [])
            {
                foreach (string name in option.Aliases.Append(option.Name))
                    options.TryAdd(name, option);
            }
        }

        return options;
    }

    // The words with an empty one behind each option that lacks its value, and the first of these options.
    private static (List<string> Words, string? WithoutValue) GiveEmptyValues(IReadOnlyList<string> words, Dictionary<string, Option> options, string? mayBeEmpty)
    {
        var whole = new List<string>(words.Count);
        string? first = null;
        int index = 0;
        while (index < words.Count && words[index] != "--")
        {
            string word = words[index++];
            bool isCut = word.Length > 0 && word[^1] is '=' or ':' && options.ContainsKey(word[..^1]);
            string name = isCut ? word[..^1] : word;
            whole.Add(name);
            if (!options.TryGetValue(name, out Option? option) || (option.Arity.MinimumNumberOfValues == 0 && !isCut))
                continue;
            bool takesAnything = name == mayBeEmpty;
            string value = !isCut && index < words.Count && (takesAnything || !IsOption(words[index], options)) ? words[index++] : "";
            if (option.Arity.MinimumNumberOfValues > 0)
                whole.Add(value);
            if (value.Length == 0 && !(takesAnything && (isCut || words[index - 1].Length == 0)))
                first ??= name;
        }

        return ([.. whole, .. words.Skip(index)], first);
    }

    private static bool IsOption(string word, Dictionary<string, Option> options) =>
        word.StartsWith("--", StringComparison.Ordinal) && options.ContainsKey(word.Split('=', ':')[0]);
}
