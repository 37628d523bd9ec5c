using System.Net;
using Microsoft.Extensions.Logging;
using Qos.Node;
using Qos.Protocol;
using Qos.Transport;

namespace Qos.Runtime;

/// <summary>
/// The enclave's half of the manifest's bridges. No port is open that the manifest does not name. Format: docs/protocol/host.md, Bridges.
/// </summary>
/// <remarks>
/// A <c>server</c> port P: the host's connections to the enclave's port P go on to 127.0.0.1:P. A <c>client</c> port P: the app's
/// connections to 127.0.0.1:P go on to the host's port P; further ones of that port, and each by its name, as <see cref="ClientRoute"/> says. With an
/// isolated network, 127.0.0.1 is the one inside.
/// </remarks>
internal sealed class EnclaveBridges : IAsyncDisposable
{
    private readonly BridgePump? _pump;

    private EnclaveBridges(BridgePump? pump, IReadOnlyList<BridgeStatus> statuses)
    {
        _pump = pump;
        Statuses = statuses;
    }

    /// <summary>The bridges that are open.</summary>
    public IReadOnlyList<Bridge> Bridges => _pump?.Bridges ?? [];

    /// <summary>Every bridge of the manifest, in its order.</summary>
    public IReadOnlyList<BridgeStatus> Statuses { get; }

    /// <summary>Opens the bridges of a launch; the app that they lead to need not run yet. What cannot be opened is in <see cref="Statuses"/>.</summary>
    /// <param name="address">The enclave's own address.</param>
    /// <param name="launch">Names the ports.</param>
    /// <param name="network">Where the app lives, or null for this process's own network.</param>
    /// <param name="logger">Takes one line for each event.</param>
    public static EnclaveBridges Open(EnclaveAddress address, PivotLaunch launch, NetworkIsolation? network, ILogger<EnclaveBridges> logger)
    {
        if (launch.Bridges.Count == 0)
            return new EnclaveBridges(null, []);
        var pump = new BridgePump(new BridgePumpOptions
        {
            OnLoopStart = network is null ? null : network.Enter,
            Notify = notice => logger.BridgeNotice(notice.Message),
        });
        Dictionary<BridgeConfig, ClientRoute> routes = ClientRoute.Of(launch.Bridges).ToDictionary(static route => (BridgeConfig)route.Bridge);
        BridgeStatus[] statuses = [.. launch.Bridges.Select(bridge => Open(pump, bridge, routes.GetValueOrDefault(bridge), address, network, logger))];
        return new EnclaveBridges(pump, statuses);
    }

    /// <summary>Closes the bridges and every connection over them.</summary>
    public ValueTask DisposeAsync() => _pump?.DisposeAsync() ?? ValueTask.CompletedTask;

    private static BridgeStatus Open(
        BridgePump pump, BridgeConfig config, ClientRoute? route, EnclaveAddress address, NetworkIsolation? network, ILogger logger)
    {
        bool isServer = route is null;
        ushort port = config.Port;
        string name = isServer ? $"server {port}" : $"client {port}";
        try
        {
            IReadOnlyList<Bridge> open = [];
            if (route is null)
                open = [pump.Listen(address.ListenInEnclave(port), new IPEndPoint(IPAddress.Loopback, port), name)];
            else
                NetworkIsolation.Run(network, () => open = [.. route.EndPoints.Select(end => pump.Listen(end, address.DialHost(route.HostPort), name))]);
            foreach (Bridge bridge in open)
                logger.BridgeOpened(bridge.Name, bridge.Listening, bridge.Connecting);
            return new BridgeStatus(isServer, port, Problem: null);
        }
        catch (Exception e) when (e is TransportException or IOException or InvalidOperationException)
        {
            logger.BridgeNotOpened(name, e.Message);
            return new BridgeStatus(isServer, port, PivotSupervisor.ReasonFrom(e.Message));
        }
    }
}
