using System.CommandLine;
using System.Globalization;
using System.Numerics;

namespace Qos.Compat;

/// <summary>Options in the reference's forms.</summary>
internal static class Standard
{
    /// <summary>An option that must be given with a value.</summary>
    public static Option<string> Required(string name, string description) => new("--" + name) { Description = description, Required = true };

    /// <summary>An option with a value.</summary>
    public static Option<string?> Optional(string name, string description) => new("--" + name) { Description = description };

    /// <summary>An option without a value.</summary>
    public static Option<bool> Flag(string name, string description) =>
        new("--" + name) { Description = description, Arity = ArgumentArity.Zero };

    /// <summary>A number that must be given.</summary>
    public static Option<T> Number<T>(string name, string description)
        where T : struct, IBinaryInteger<T>, IMinMaxValue<T> => new("--" + name)
        {
            Description = description,
            Required = true,
            CustomParser = result =>
            {
                if (T.TryParse(result.Tokens[^1].Value, NumberStyles.None, CultureInfo.InvariantCulture, out T value))
                    return value;
                result.AddError($"--{name} '{result.Tokens[^1].Value}' is not a number from 0 to {T.MaxValue}");
                return default;
            },
        };

    /// <summary>A port that may be given.</summary>
    public static Option<ushort?> OptionalPort(string name, string description) => new("--" + name)
    {
        Description = description,
        CustomParser = result =>
        {
            if (ushort.TryParse(result.Tokens[^1].Value, NumberStyles.None, CultureInfo.InvariantCulture, out ushort value))
                return value;
            result.AddError($"--{name} '{result.Tokens[^1].Value}' is not a number from 0 to {ushort.MaxValue}");
            return null;
        },
    };

    /// <summary>A list in brackets: <c>[a,b]</c>, <c>[]</c>.</summary>
    /// <exception cref="FormatException">It is not in brackets.</exception>
    public static string[] Bracketed(string name, string text) => text.Length >= 2 && text[0] == '[' && text[^1] == ']'
        ? text.Length == 2 ? [] : text[1..^1].Split(',')
        : throw new FormatException($"--{name} must be a list in brackets, for example [a,b]");
}
