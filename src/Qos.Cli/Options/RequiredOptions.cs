using System.CommandLine;
using System.CommandLine.Parsing;

namespace Qos.Cli;

/// <summary>Options that a command line lacks, all of them in one line.</summary>
internal static class RequiredOptions
{
    /// <summary>What a command cannot do without and has nowhere; null when nothing is missing.</summary>
    public static string? DescribeMissing(ParseResult parsed, Settings settings)
    {
        var missing = new List<Option>();
        foreach (Option option in parsed.CommandResult.Command.Options)
        {
            if (parsed.GetResult(option) is { Implicit: false })
                continue;
            if (option.Required || (option is SettingOption { IsNeeded: true } setting && settings.Read(setting.Setting) is null))
                missing.Add(option);
        }

        return missing.Count == 0 ? null : $"{Describe(missing)} {(missing.Count == 1 ? "is" : "are")} required";
    }

    /// <summary>Options by name, and where else those of them may stand that may.</summary>
    public static string Describe(IReadOnlyList<Option> options)
    {
        string names = Join([.. options.Select(static option => option.Name)]);
        ProfileSetting[] settings = [.. options.OfType<SettingOption>().Select(static option => option.Setting)];
        return settings.Length == 0
            ? names
            : $"{names} (or {Join([.. settings.Select(static setting => setting.Variable)])}, or {Join([.. settings.Select(static setting => setting.Name)])} in {Profile.FileName})";
    }

    /// <summary>Whether an error of the parser says only that an option is missing.</summary>
    public static bool IsMissing(ParseError error, ParseResult parsed) =>
        parsed.CommandResult.Command.Options.Any(option => option.Required && error.Message.Contains($"'{option.Name}' is required", StringComparison.Ordinal));

    private static string Join(string[] words) => words.Length < 2 ? string.Concat(words) : $"{string.Join(", ", words[..^1])} and {words[^1]}";
}
