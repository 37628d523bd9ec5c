using System.Net;
using System.Text;
using Qos.Protocol;

namespace Qos.Runtime;

/// <summary>The names that the manifest's <c>client</c> bridges lead to, where a C library looks for names. Format: docs/protocol/host.md, Bridges.</summary>
internal static class HostsFile
{
    private const string LocalHost = "localhost";

    /// <summary>Writes them, each with its address on the loopback.</summary>
    /// <param name="path">The file; its folder is made when it is missing.</param>
    /// <param name="bridges">The manifest's bridges.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static void Write(string path, IEnumerable<BridgeConfig> bridges)
    {
        var lines = new StringBuilder($"127.0.0.1 {LocalHost}\n");
        foreach (IGrouping<IPAddress, string> host in ClientRoute.Of(bridges).Where(static route => route.Address is not null).GroupBy(static route => route.Address!, static route => route.Bridge.Host!))
        {
            string name = host.First().TrimEnd('.');
            if (!IPAddress.TryParse(name, out _) && !name.Equals(LocalHost, StringComparison.OrdinalIgnoreCase))
                lines.Append(System.Globalization.CultureInfo.InvariantCulture, $"{host.Key} {name}\n");
        }

        ResolverFile.Write(path, lines.ToString());
    }
}
