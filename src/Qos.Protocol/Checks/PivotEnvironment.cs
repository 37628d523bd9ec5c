using System.Globalization;
using System.Text;

namespace Qos.Protocol;

/// <summary>
/// Whether a pivot's environment obeys its limits and, with the arguments, can be handed to a program. Format: docs/protocol/manifest.md
/// (<c>env</c>) and "Ours, at boot".
/// </summary>
internal static class PivotEnvironment
{
    private const int PointerBytes = 8;

    /// <summary>What is wrong, or null.</summary>
    internal static string? Describe(PivotConfig pivot, int pivotPathBytes)
    {
        if (pivot.Env.Count > ProtocolLimits.MaxEnvironmentVariables)
            return Text($"{pivot.Env.Count} environment variables; at most {ProtocolLimits.MaxEnvironmentVariables} are allowed");

        // Linux puts the strings and a pointer for each on the new program's stack, and two pointers that end the lists.
        long total = pivotPathBytes + 1 + PointerBytes + (2 * PointerBytes);
        foreach (string arg in pivot.Args)
        {
            long length = Encoding.UTF8.GetByteCount(arg);
            if (arg.Contains('\0', StringComparison.Ordinal))
                return "an argument holds a NUL, which no program can be given";
            if (length >= ProtocolLimits.MaxExecStringBytes)
                return Text($"an argument has {length} bytes; Linux takes at most {ProtocolLimits.MaxExecStringBytes - 1}");
            total += length + 1 + PointerBytes;
        }

        foreach ((string name, string value) in pivot.Env)
        {
            if (DescribeVariable(name, value) is { } wrong)
                return wrong;
            total += name.Length + 1 + Encoding.UTF8.GetByteCount(value) + 1 + PointerBytes;
        }

        return total <= ProtocolLimits.MaxExecTotalBytes
            ? null
            : Text($"arguments and environment take {total} bytes; Linux takes at most {ProtocolLimits.MaxExecTotalBytes} together");
    }

    private static string? DescribeVariable(string name, string value)
    {
        if (name.Length > ProtocolLimits.MaxEnvironmentNameBytes)
            return Text($"an environment variable's name has {name.Length} characters; at most {ProtocolLimits.MaxEnvironmentNameBytes} are allowed");
        if (!IsName(name))
            return $"the environment variable \"{VisibleText.Escape(name)}\" must have a name of letters, digits and _, not starting with a digit";
        if (value.Contains('\0', StringComparison.Ordinal))
            return $"the environment variable {name} holds a NUL, which no program can be given";
        int length = Encoding.UTF8.GetByteCount(value);
        return length <= ProtocolLimits.MaxEnvironmentValueBytes
            ? null
            : Text($"the environment variable {name} has {length} bytes; at most {ProtocolLimits.MaxEnvironmentValueBytes} are allowed");
    }

    private static bool IsName(string name)
    {
        if (name.Length == 0 || char.IsAsciiDigit(name[0]))
            return false;
        foreach (char c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c != '_')
                return false;
        }

        return true;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
