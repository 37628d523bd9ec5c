using System.Net;
using System.Net.Sockets;

namespace Qos.Fleet.Runners;

/// <summary>Ports of the loopback that replicas' hosts and apps are given.</summary>
/// <param name="First">The first.</param>
/// <param name="Last">The last.</param>
public sealed record PortRange(int First, int Last)
{
    /// <summary>The next ones that nobody has: neither a replica nor another program.</summary>
    /// <exception cref="RunnerException">There are not enough.</exception>
    internal IReadOnlyList<int> Take(int count, IReadOnlySet<int> taken)
    {
        var ports = new List<int>(count);
        for (int port = First; port <= Last && ports.Count < count; port++)
        {
            if (!taken.Contains(port) && IsFree(port))
                ports.Add(port);
        }

        return ports.Count == count ? ports : throw new RunnerException($"the ports {First} to {Last} are used up: give the runner more");
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            probe.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
