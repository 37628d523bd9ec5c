using System.Globalization;
using System.Text.RegularExpressions;

namespace Qos.Machine.Tests.Machines;

/// <summary>What a machine's console must say. Format: docs/protocol/eif.md, What init does.</summary>
internal static partial class ConsoleChecks
{
    // What init says when it has done a duty, in order.
    private static readonly string[] s_duties =
    [
        "started", "mounted /proc /sys /dev /dev/pts /dev/shm /run /tmp", "/dev/console on 0, 1 and 2", "/dev/nsm: module ",
        "entropy from nsm-hwrng", "256 random bytes of the module are in the pool", "lo is up", "context identifier 4", "clock source ", "listening on port 3", "memory: ",
    ];

    /// <summary>Every duty in one line, in order, with times that never go back; the module's registers are those that we compute of the file.</summary>
    public static void AssertBooted(string console, IReadOnlyDictionary<int, byte[]> measured)
    {
        int position = 0;
        foreach (string duty in s_duties)
        {
            int found = console.IndexOf($"init: {duty}", position, StringComparison.Ordinal);
            Assert.True(found >= 0, $"After character {position} the console does not say '{duty}':\n{console}");
            position = found + 1;
        }

        double[] times = [.. DutyTime().Matches(console).Select(static match => double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture))];
        Assert.Equal(times.Order(), times);
        for (int index = 0; index < 3; index++)
            Assert.Contains($"init: PCR{index} {Convert.ToHexStringLower(measured[index])}", console, StringComparison.Ordinal);
    }

    /// <summary>The module's name, another one in every machine.</summary>
    public static string ModuleOf(string console) => ModuleName().Match(console).Groups[1].Value;

    /// <summary>The delays in milliseconds before each restart of the app, in order.</summary>
    public static int[] RestartDelays(string console) =>
        [.. RestartDelay().Matches(console).Select(static match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture))];

    [GeneratedRegex(@"/dev/nsm: module (\S+),")]
    private static partial Regex ModuleName();

    [GeneratedRegex(@"^\[ *([0-9.]+)\] init: ", RegexOptions.Multiline)]
    private static partial Regex DutyTime();

    [GeneratedRegex(@"^\S+Z info pivot starts again in ([0-9]+) ms", RegexOptions.Multiline)]
    private static partial Regex RestartDelay();
}
