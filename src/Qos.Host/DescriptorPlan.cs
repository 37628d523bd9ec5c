using System.Globalization;
using Qos.Listening;

namespace Qos.Host;

/// <summary>
/// How the process's descriptors are shared out, so that neither the HTTP API nor the bridges can use up what the others, and the runtime
/// itself, need: a process without descriptors cannot even collect its garbage.
/// </summary>
/// <param name="limit">The most descriptors that the process may have.</param>
internal sealed class DescriptorPlan(int limit)
{
    // The runtime, the log, the enclave's connections, the spool's files and the listeners.
    private const int Reserved = 160;
    private const int MostHttp = 4096;
    private const int MostHealth = 64;

    // Two sockets and what the kernel moves bytes through between them.
    private const int EachBridged = 6;
    private const int MostBridged = 10_000;

    /// <summary>The most connections of the HTTP API.</summary>
    public int HttpConnections { get; } = Math.Clamp((limit - Reserved) / 4, 16, MostHttp);

    /// <summary>The most connections of the health end point, where that is another one.</summary>
    public int HealthConnections { get; } = Math.Clamp((limit - Reserved) / 16, 8, MostHealth);

    /// <summary>The most connections of each of so many bridges.</summary>
    public int ConnectionsOfOneBridge(int bridges) => Math.Clamp(
        (limit - Reserved - HttpConnections - ClientPlaces.ExchangedOf(HttpConnections) - HealthConnections - ClientPlaces.ExchangedOf(HealthConnections)) / EachBridged / bridges, 4, MostBridged);

    /// <summary>The plan for this process's own limit.</summary>
    public static DescriptorPlan OfProcess()
    {
        // Limit                     Soft Limit           Hard Limit           Units
        const string Name = "Max open files";
        foreach (string line in File.ReadLines("/proc/self/limits"))
        {
            if (!line.StartsWith(Name, StringComparison.Ordinal))
                continue;
            string soft = line[Name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
            return new DescriptorPlan(int.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : int.MaxValue);
        }

        return new DescriptorPlan(1024);
    }
}
