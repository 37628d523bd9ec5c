using System.Net;
using System.Net.Sockets;
using Qos.Protocol;
using Qos.Transport;

namespace Qos.Host.Bridges;

/// <summary>
/// The host's half of the bridges that one manifest names. A <c>server</c> entry listens here and goes to the enclave's port
/// of the same number; a <c>client</c> entry takes what comes out of the enclave to the one place that the manifest names.
/// Specification: host, Bridges.
/// </summary>
internal sealed class HostBridges : IAsyncDisposable
{
    private readonly HostOptions _options;
    private readonly ILogger<HostBridges> _logger;
    private readonly BridgePump _pump;
    private readonly Dictionary<BridgeConfig, Bridge> _open = [];
    private readonly HashSet<BridgeConfig> _refused = [];

    public HostBridges(HostOptions options, TimeProvider time, ILogger<HostBridges> logger)
    {
        _options = options;
        _logger = logger;
        _pump = new BridgePump(new BridgePumpOptions { Time = time, Notify = notice => HostLog.BridgeNotice(logger, notice.Message) });
    }

    /// <summary>Opens what is not open yet. A port that is taken is tried again at the next call.</summary>
    /// <returns>Whether everything that the manifest names is open.</returns>
    public bool Open(IReadOnlyList<BridgeConfig> wanted)
    {
        foreach (BridgeConfig entry in wanted)
        {
            bool already;
            lock (_open)
                already = _open.ContainsKey(entry);
            if (!already && TryOpen(entry) is { } bridge)
            {
                lock (_open)
                    _open[entry] = bridge;
                _refused.Remove(entry);
            }
        }

        lock (_open)
            return _open.Count == wanted.Count;
    }

    /// <summary>Closes all bridges; connections in flight may go on for a while.</summary>
    public async Task CloseAsync(TimeSpan drain)
    {
        lock (_open)
            _open.Clear();
        _refused.Clear();
        await _pump.StopAsync(drain).ConfigureAwait(false);
    }

    /// <summary>The counters of the open bridges.</summary>
    public IReadOnlyList<BridgeReading> Read()
    {
        lock (_open)
        {
            return
            [
                .. _open.Select(pair =>
                {
                    BridgeCounters counters = pair.Value.Counters;
                    bool server = pair.Key is BridgeConfig.Server;
                    return new BridgeReading(
                        pair.Key.Port,
                        counters.Open,
                        counters.Accepted,
                        counters.Refused,
                        server ? counters.BytesToTarget : counters.BytesFromTarget,
                        server ? counters.BytesFromTarget : counters.BytesToTarget);
                }),
            ];
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _pump.DisposeAsync();

    private Bridge? TryOpen(BridgeConfig entry)
    {
        string where = "";
        try
        {
            if (entry is BridgeConfig.Server server)
            {
                IPEndPoint listen = _options.Publish.TryGetValue(server.Port, out IPEndPoint? moved)
                    ? moved
                    : new IPEndPoint(IPAddress.Parse(server.Host), server.Port);
                where = listen.ToString();
                Bridge bridge = _pump.Listen(BridgeEndPoint.Tcp(listen), _options.Enclave.DialEnclave(server.Port), $"server:{server.Port}");
                HostLog.BridgeOpen(_logger, where, server.Port);
                return bridge;
            }

            var client = (BridgeConfig.Client)entry;
            where = client.Host ?? "nowhere";
            if (client.Host is null)
                throw new TransportException(TransportError.BadAddress, "the manifest names no host for it");
            var target = new IPEndPoint(Resolve(client.Host), client.Port);
            Bridge outward = _pump.Listen(
                _options.Enclave.ListenOnHost(client.Port), BridgeEndPoint.Tcp(target), $"client:{client.Port}");
            HostLog.ClientBridgeOpen(_logger, client.Port, $"{client.Host} ({target})");
            return outward;
        }
        catch (Exception e) when (e is TransportException or SocketException or FormatException)
        {
            // Said once, not at every try.
            if (_refused.Add(entry))
                HostLog.BridgeRefused(_logger, entry.Port, where, e.Message, BridgeService.Retry.TotalSeconds);
            return null;
        }
    }

    private static IPAddress Resolve(string host) =>
        IPAddress.TryParse(host, out IPAddress? address) ? address : Dns.GetHostAddresses(host) is [var first, ..] ? first
            : throw new TransportException(TransportError.BadAddress, $"'{host}' has no address");
}
