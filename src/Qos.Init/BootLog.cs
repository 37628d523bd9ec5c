using System.Diagnostics;
using System.Globalization;

namespace Qos.Init;

/// <summary>One line for each duty, with the seconds since the machine's boot, as the kernel writes them.</summary>
internal sealed class BootLog(Action<string> write)
{
    /// <summary>Says that a duty is done.</summary>
    public void Say(string message) => Say(Stopwatch.GetTimestamp(), message);

    /// <summary>Says it with a time of CLOCK_MONOTONIC, which starts with the machine.</summary>
    internal void Say(long timestamp, string message) =>
        write(string.Create(CultureInfo.InvariantCulture, $"[{(double)timestamp / Stopwatch.Frequency,12:F6}] init: {message}"));
}

/// <summary>A duty of the first process that cannot be done; the message is one line that says which and why. The machine stops.</summary>
internal sealed class BootException(string message) : Exception(message);
