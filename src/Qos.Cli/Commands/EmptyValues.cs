using System.CommandLine;
using System.CommandLine.Parsing;

namespace Qos.Cli;

/// <summary>Options with nothing behind the equals sign, as an unset variable of a shell leaves them. The parser drops such a value and takes the next word for it.</summary>
internal static class EmptyValues
{
    /// <summary>The command line with each such option as two words, the second one empty; null when there is none.</summary>
    /// <param name="args">The command line.</param>
    /// <param name="parsed">What the parser makes of it.</param>
    public static string[]? Keep(string[] args, ParseResult parsed)
    {
        int end = Array.IndexOf(args, "--") is >= 0 and var dashes ? dashes : args.Length;
        List<Option> options = [];
        for (SymbolResult? level = parsed.CommandResult; level is not null; level = level.Parent)
            options.AddRange(level is CommandResult { Command: var command } ? command.Options : []);
        if (!args.Take(end).Any(IsEmpty))
            return null;
        return [.. args.Take(end).SelectMany(word => IsEmpty(word) ? (string[])[word[..^1], ""] : [word]), .. args.Skip(end)];

        bool IsEmpty(string word) => word.StartsWith("--", StringComparison.Ordinal) && word.EndsWith('=')
            && options.Exists(option => option.ValueType != typeof(bool) && (option.Name == word[..^1] || option.Aliases.Contains(word[..^1])));
    }
}
