using System.Net;
using Microsoft.Extensions.Logging;
using Qos.Node;
using Qos.Transport;

namespace Qos.Runtime;

/// <summary>
/// The enclave's half of the manifest's bridges, for which nothing is open that the manifest does not name. Specification: host, Bridges.
/// </summary>
/// <remarks>
/// A <c>server</c> port P: the host's connections to the enclave's port P go on to 127.0.0.1:P. A <c>client</c> port P: the app's
/// connections to 127.0.0.1:P go on to the host's port P. With an isolated network, 127.0.0.1 is the one inside.
/// </remarks>
public sealed class EnclaveBridges : IAsyncDisposable
{
    private readonly BridgePump _pump;

    private EnclaveBridges(BridgePump pump) => _pump = pump;

    /// <summary>The bridges that are open.</summary>
    public IReadOnlyList<Bridge> Bridges => _pump.Bridges;

    /// <summary>Opens the bridges of a launch; the app that they lead to need not run yet.</summary>
    /// <param name="address">The enclave's own address.</param>
    /// <param name="launch">Names the ports.</param>
    /// <param name="network">Where the app lives, or null for this process's own network.</param>
    /// <param name="logger">Takes one line for each event.</param>
    /// <returns>The bridges, or null when the manifest names none.</returns>
    /// <exception cref="TransportException">A port is in use or cannot be listened on.</exception>
    public static EnclaveBridges? Open(EnclaveAddress address, PivotLaunch launch, NetworkIsolation? network, ILogger<EnclaveBridges> logger)
    {
        if (launch.ServerPorts.Count + launch.ClientPorts.Count == 0)
            return null;
        var pump = new BridgePump(new BridgePumpOptions
        {
            OnLoopStart = network is null ? null : network.Enter,
            Notify = notice => logger.BridgeNotice(notice.Message),
        });
        try
        {
            foreach (ushort port in launch.ServerPorts)
                pump.Listen(address.ListenInEnclave(port), BridgeEndPoint.Tcp(IPAddress.Loopback, port), $"server {port}");
            if (launch.ClientPorts.Count > 0)
                NetworkIsolation.Run(network, () => ListenForTheApp(pump, address, launch.ClientPorts));
        }
        catch
        {
            pump.DisposeAsync().AsTask().GetAwaiter().GetResult();
            throw;
        }

        foreach (Bridge bridge in pump.Bridges)
            logger.BridgeOpened(bridge.Name, bridge.Listening, bridge.Connecting);
        return new EnclaveBridges(pump);
    }

    /// <summary>Closes the bridges and every connection over them.</summary>
    public ValueTask DisposeAsync() => _pump.DisposeAsync();

    private static void ListenForTheApp(BridgePump pump, EnclaveAddress address, IReadOnlyList<ushort> ports)
    {
        foreach (ushort port in ports)
            pump.Listen(BridgeEndPoint.Tcp(IPAddress.Loopback, port), address.DialHost(port), $"client {port}");
    }
}
