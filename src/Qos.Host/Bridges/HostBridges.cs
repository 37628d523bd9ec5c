using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Qos.Protocol;
using Qos.Transport;

namespace Qos.Host;

/// <summary>The host's half of one bridge.</summary>
/// <param name="IsServer">Whether connections go into the enclave (<c>server</c>) or out of it (<c>client</c>).</param>
/// <param name="Port">The manifest's port.</param>
/// <param name="Host">Of a <c>client</c>, the name that it leads to; null otherwise.</param>
/// <param name="Problem">Why it is not open: one line; null when it is open.</param>
/// <param name="Counters">What it did so far.</param>
internal readonly record struct BridgeState(bool IsServer, ushort Port, string? Host, string? Problem, BridgeCounters Counters);

/// <summary>
/// The host's half of the bridges that one manifest names. A <c>server</c> entry listens here and goes to the enclave's port
/// of the same number; a <c>client</c> entry takes what comes out of the enclave to the one place that the manifest names.
/// Format: docs/protocol/host.md, Bridges.
/// </summary>
internal sealed class HostBridges(HostSettings settings, DescriptorPlan descriptors, TimeProvider time, ILogger<HostBridges> logger) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<BridgeConfig, Bridge> _open = [];
    private readonly Dictionary<BridgeConfig, string> _problems = [];
    private BridgePump? _pump;
    private IReadOnlyList<BridgeConfig>? _wanted;

    /// <summary>The bridges that the manifest names, in its order; null while there is no manifest to follow.</summary>
    public IReadOnlyList<BridgeState>? States
    {
        get
        {
            lock (_gate)
                return _wanted is null ? null : [.. _wanted.Select(StateOf)];
        }
    }

    /// <summary>Opens what is not open yet. What cannot open is tried again at the next call.</summary>
    public void Open(IReadOnlyList<BridgeConfig> wanted)
    {
        lock (_gate)
        {
            _wanted = wanted;
            try
            {
                if (wanted.Count > 0)
                    _pump ??= NewPump(wanted.Count);
            }
            catch (Exception e) when (e is IOException or InvalidOperationException)
            {
                // No descriptors or no threads: all of them fail for it, and are tried again.
                foreach (BridgeConfig entry in wanted)
                    Refuse(entry, "here", e.Message);
                return;
            }
        }

        foreach (BridgeConfig entry in wanted)
        {
            bool already;
            lock (_gate)
                already = _open.ContainsKey(entry);
            if (!already)
                Open(entry);
        }
    }

    /// <summary>Closes all bridges; connections in flight may go on for a while.</summary>
    public async Task CloseAsync(TimeSpan drain)
    {
        BridgePump? pump;
        lock (_gate)
        {
            pump = _pump;
            _pump = null;
            _wanted = null;
            _open.Clear();
            _problems.Clear();
        }

        if (pump is null)
            return;
        await pump.StopAsync(drain).ConfigureAwait(false);
        await pump.DisposeAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await CloseAsync(TimeSpan.Zero).ConfigureAwait(false);

    private BridgePump NewPump(int bridges) => new(
        new BridgePumpOptions { Time = time, Notify = notice => HostLog.BridgeNotice(logger, notice.Message) },
        new BridgeLimits { MaxConnections = descriptors.ConnectionsOfOneBridge(bridges) });

    private BridgeState StateOf(BridgeConfig entry)
    {
        bool server = entry is BridgeConfig.Server;
        string? host = (entry as BridgeConfig.Client)?.Host;
        return _open.TryGetValue(entry, out Bridge? bridge)
            ? new BridgeState(server, entry.Port, host, null, bridge.Counters)
            : new BridgeState(server, entry.Port, host, _problems.GetValueOrDefault(entry, "it was not tried yet"), default);
    }

    private void Open(BridgeConfig entry)
    {
        string where = "";
        try
        {
            Bridge bridge;
            if (entry is BridgeConfig.Server server)
            {
                where = settings.Publish.TryGetValue(server.Port, out IPEndPoint? listen) ? listen.ToString() : $"{server.Host}:{server.Port}";
                bridge = OpenServer(server, listen);
            }
            else
            {
                var client = (BridgeConfig.Client)entry;
                where = $"the enclave's port {client.Port}";
                bridge = OpenClient(client, HostPortOf(client));
            }

            lock (_gate)
            {
                _open[entry] = bridge;
                _problems.Remove(entry);
            }
        }
        catch (Exception e) when (e is TransportException or SocketException or IOException or ArgumentException)
        {
            Refuse(entry, where, e.Message);
        }
    }

    private void Refuse(BridgeConfig entry, string where, string problem)
    {
        bool isNew;
        lock (_gate)
        {
            isNew = !_problems.TryGetValue(entry, out string? said) || said != problem;
            _problems[entry] = problem;
        }

        // Said once, not at every try.
        if (isNew && entry is BridgeConfig.Server)
            HostLog.BridgeRefused(logger, entry.Port, where, problem, EnclaveMonitor.Retry.TotalSeconds);
        else if (isNew)
            HostLog.ClientBridgeRefused(logger, entry.Port, problem, EnclaveMonitor.Retry.TotalSeconds);
    }

    private Bridge OpenServer(BridgeConfig.Server server, IPEndPoint? published)
    {
        IPEndPoint listen = published
            ?? (IPAddress.TryParse(server.Host, out IPAddress? address)
                ? new IPEndPoint(address, server.Port)
                : throw new TransportException(
                    TransportError.BadAddress, $"the manifest's host '{VisibleText.Escape(server.Host)}' is not an IP address to listen on"));
        Bridge bridge = Pump.Listen(listen, settings.Enclave.DialEnclave(server.Port), $"server:{server.Port}");
        HostLog.BridgeOpen(logger, listen.ToString(), server.Port);
        return bridge;
    }

    // The n-th bridge of a port has a port of its own on the host's side.
    private uint HostPortOf(BridgeConfig.Client client)
    {
        lock (_gate)
        {
            return ClientRoute.Of(_wanted ?? []).FirstOrDefault(route => route.Bridge == client)?.HostPort
                ?? throw new TransportException(TransportError.BadAddress, "the bridges are being closed");
        }
    }

    private Bridge OpenClient(BridgeConfig.Client client, uint hostPort)
    {
        if (client.Host is not { } host)
            throw new TransportException(TransportError.BadAddress, "the manifest names no host for it");
        string name = string.Create(CultureInfo.InvariantCulture, $"{VisibleText.Escape(host)}:{client.Port}");
        BridgeTarget target = IPAddress.TryParse(host, out IPAddress? literal)
            ? new BridgeTarget(new IPEndPoint(literal, client.Port))
            : new BridgeTarget(name, new ResolvedName(host, client.Port, time).FindAsync);
        Bridge bridge = Pump.Listen(settings.Enclave.ListenOnHost(hostPort), target, $"client:{client.Port}:{VisibleText.Escape(host)}");
        HostLog.ClientBridgeOpen(logger, client.Port, name);
        return bridge;
    }

    private BridgePump Pump => _pump ?? throw new TransportException(TransportError.BadAddress, "the bridges are being closed");
}
