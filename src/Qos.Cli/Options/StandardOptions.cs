using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;

namespace Qos.Cli;

/// <summary>Options that mean the same wherever they stand.</summary>
internal static class StandardOptions
{
    /// <summary>A result for machines.</summary>
    public static Option<bool> Json() => new("--json") { Description = "Print the result as one line of JSON." };

    /// <summary>Whether a file that is there may be replaced.</summary>
    public static Option<bool> Force() => new("--force") { Description = "Replace the output file when it is there already." };

    /// <summary>A file that is read.</summary>
    public static Option<string> Input(string name, string description) => new(name) { Description = description, HelpName = "FILE", Required = true };

    /// <summary>A file that is written.</summary>
    public static Option<string> Output(string description, string name = "--out") =>
        new(name) { Description = description, HelpName = "FILE", Required = true };

    /// <summary>A member's name.</summary>
    public static SettingOption Alias() => new(ProfileSetting.Alias, isNeeded: true);

    /// <summary>Answers the warnings of the lint.</summary>
    public static Option<bool> AcceptWarnings() => new("--accept-warnings")
    {
        Description = "Accept what the lint warns of, without being asked.",
    };

    /// <summary>The manifest before.</summary>
    public static SettingOption Previous() => new(ProfileSetting.Previous);

    /// <summary>Answers a question.</summary>
    public static Option<bool> Yes() => new("--yes") { Description = "Say yes to what would be asked." };

    /// <summary>A number that must be given.</summary>
    public static Option<T> Number<T>(string name, string description, string helpName)
        where T : struct, IBinaryInteger<T>, IMinMaxValue<T> => new(name)
        {
            Description = description,
            HelpName = helpName,
            Required = true,
            CustomParser = result =>
            {
                if (T.TryParse(result.Tokens[^1].Value, NumberStyles.None, CultureInfo.InvariantCulture, out T value))
                    return value;
                result.AddError($"{name} '{result.Tokens[^1].Value}' is not a number from 0 to {T.MaxValue}");
                return default;
            },
        };

    /// <summary>Whole seconds, where they are given.</summary>
    public static Option<int?> Seconds(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "SECONDS",
        CustomParser = result =>
        {
            if (int.TryParse(result.Tokens[^1].Value, NumberStyles.None, CultureInfo.InvariantCulture, out int value))
                return value;
            result.AddError($"{name} '{result.Tokens[^1].Value}' is not a number of seconds");
            return null;
        },
    };

    /// <summary>The descriptor of a token's PIN.</summary>
    public static Option<int?> PinDescriptor() => Descriptor("Read the PIN of a token from this open file descriptor.", "--pin-fd");

    /// <summary>The descriptor of a passphrase.</summary>
    public static Option<int?> Descriptor(string description, string name = "--passphrase-fd") => new(name)
    {
        Description = description,
        HelpName = "N",
        CustomParser = result =>
        {
            if (int.TryParse(result.Tokens[^1].Value, NumberStyles.None, CultureInfo.InvariantCulture, out int value))
                return value;
            result.AddError($"{name} '{result.Tokens[^1].Value}' is not the number of a file descriptor");
            return null;
        },
    };

    /// <summary>A word that may be given several times.</summary>
    public static Option<string[]> Repeated(string name, string description, string helpName) =>
        new(name) { Description = description + " May be repeated.", HelpName = helpName };

    /// <summary>Complains of each word that cannot be read, by the words of the reader.</summary>
    public static void Validate(OptionResult result, Action<string> parse)
    {
        foreach (Token token in result.Tokens)
        {
            try
            {
                parse(token.Value);
            }
            catch (FormatException e)
            {
                result.AddError(e.Message);
            }
        }
    }
}
