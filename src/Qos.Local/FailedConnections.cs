using System.Globalization;

namespace Qos.Local;

/// <summary>How many connections the programs of a network could not make, as <c>/proc/PID/net/snmp</c> counts them.</summary>
public static class FailedConnections
{
    /// <summary>Connections that nothing answered, and addresses to which no way leads; null when the process has ended.</summary>
    /// <param name="process">A process in that network.</param>
    public static (long Refused, long Unreachable)? Of(int process)
    {
        try
        {
            string[] lines = File.ReadAllLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/net/snmp"));
            return (Value(lines, "Tcp:", "AttemptFails"), Value(lines, "Ip:", "OutNoRoutes"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // A line with names, and one with values.
    private static long Value(string[] lines, string protocol, string name)
    {
        string[][] both = [.. lines.Where(line => line.StartsWith(protocol, StringComparison.Ordinal)).Select(static line => line.Split(' '))];
        int at = both.Length == 2 ? Array.IndexOf(both[0], name) : -1;
        return at > 0 && at < both[1].Length && long.TryParse(both[1][at], NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? value : 0;
    }
}
