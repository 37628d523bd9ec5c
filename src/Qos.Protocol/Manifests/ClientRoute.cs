using System.Net;

namespace Qos.Protocol;

/// <summary>
/// How a <c>client</c> bridge runs. The manifest names one port for both sides, so two hosts that are reached at the same port, as two of HTTPS are,
/// are told apart by the address inside: every host has one of its own on the loopback, and its name leads there. Both halves of a bridge work this
/// out from the manifest alone. Format: docs/protocol/host.md, Bridges.
/// </summary>
public sealed class ClientRoute
{
    private const uint PortsOfOneRound = 0x10000;

    private ClientRoute(BridgeConfig.Client bridge, IPAddress? address, uint round) => (Bridge, Address, HostPort) = (bridge, address, (round * PortsOfOneRound) + bridge.Port);

    /// <summary>The manifest's entry.</summary>
    public BridgeConfig.Client Bridge { get; }

    /// <summary>The host's own address inside, 127.1.0.1 and so on in the manifest's order; null when the entry names no host.</summary>
    public IPAddress? Address { get; }

    /// <summary>
    /// The port of the vsock, or of what stands for it, at which the host's half listens. For the first entry of a port it is that port; for the n-th
    /// further one it is 65,536 n more.
    /// </summary>
    public uint HostPort { get; }

    /// <summary>Whether the bridge is also at 127.0.0.1: the first one of its port.</summary>
    public bool IsAtLocalHost => HostPort < PortsOfOneRound;

    /// <summary>Where the app connects to.</summary>
    public IReadOnlyList<IPEndPoint> EndPoints =>
    [
        .. IsAtLocalHost ? (IPEndPoint[])[new IPEndPoint(IPAddress.Loopback, Bridge.Port)] : [],
        .. Address is null ? (IPEndPoint[])[] : [new IPEndPoint(Address, Bridge.Port)],
    ];

    /// <summary>The routes of all client bridges, in the manifest's order.</summary>
    public static IReadOnlyList<ClientRoute> Of(IEnumerable<BridgeConfig> bridges)
    {
        ArgumentNullException.ThrowIfNull(bridges);
        var hosts = new Dictionary<string, IPAddress>(StringComparer.Ordinal);
        var rounds = new Dictionary<ushort, uint>();
        var routes = new List<ClientRoute>();
        foreach (BridgeConfig.Client bridge in bridges.OfType<BridgeConfig.Client>())
        {
            uint round = rounds.GetValueOrDefault(bridge.Port);
            rounds[bridge.Port] = round + 1;
            routes.Add(new ClientRoute(bridge, bridge.Host is { } host ? AddressOf(host, hosts) : null, round));
        }

        return routes;
    }

    /// <summary>The one form of a host's name: letters small, without the dot that says that it is complete.</summary>
    internal static string Canonical(string host) => (host.EndsWith('.') ? host[..^1] : host).ToLowerInvariant();

    private static IPAddress AddressOf(string host, Dictionary<string, IPAddress> hosts)
    {
        string name = Canonical(host);
        if (!hosts.TryGetValue(name, out IPAddress? address))
        {
            int number = hosts.Count + 1;
            hosts[name] = address = new IPAddress([127, (byte)(1 + (number >> 16)), (byte)(number >> 8), (byte)number]);
        }

        return address;
    }
}
