using System.Diagnostics.Metrics;
using Qos.Protocol;

namespace Qos.Host;

/// <summary>The host's own meter. What it tells of the enclave is what the last look in the background found; nothing is asked for it.</summary>
internal sealed class HostMetrics
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Qos.Host";

    private long _messages;
    private long _messageBytes;
    private long _oversized;
    private long _slow;
    private long _refusedUploads;
    private long _enclaveFailures;
    private long _healthChecks;
    private long _refusedConnections;

    public HostMetrics(IMeterFactory meters)
    {
        // Observed, so that each series is there from the start, with 0.
        Meter = meters.Create(MeterName);
        Count("qos.host.messages", () => Interlocked.Read(ref _messages), "Protocol messages passed to the enclave.");
        Count("qos.host.message.bytes", () => Interlocked.Read(ref _messageBytes), "Bytes of protocol messages passed to the enclave.");
        Count("qos.host.messages.oversized", () => Interlocked.Read(ref _oversized), "Protocol messages refused for their size.");
        Count("qos.host.uploads.slow", () => Interlocked.Read(ref _slow), "Uploads cut off because they were slower than 16 KiB/s.");
        Count("qos.host.uploads.refused", () => Interlocked.Read(ref _refusedUploads), "Uploads refused or given up because the host held as many bytes as it may.");
        Count("qos.host.enclave.failures", () => Interlocked.Read(ref _enclaveFailures), "Requests that the enclave could not be asked, or did not answer.");
        Count("qos.host.health.checks", () => Interlocked.Read(ref _healthChecks), "Requests for the enclave's health.");
        Count("qos.host.connections.refused", () => Interlocked.Read(ref _refusedConnections), "HTTP connections closed because there were too many.");
    }

    /// <summary>The meter, for what others observe.</summary>
    public Meter Meter { get; }

    /// <summary>A message was passed on whole, with the length of its body in bytes.</summary>
    public void MessagePassed(long bytes)
    {
        Interlocked.Increment(ref _messages);
        Interlocked.Add(ref _messageBytes, bytes);
    }

    /// <summary>A message was longer than <see cref="HostSettings.MaxMessageBytes"/>.</summary>
    public void MessageOversized() => Interlocked.Increment(ref _oversized);

    /// <summary>An upload was too slow.</summary>
    public void UploadTooSlow() => Interlocked.Increment(ref _slow);

    /// <summary>There was no room for an upload.</summary>
    public void UploadRefused() => Interlocked.Increment(ref _refusedUploads);

    /// <summary>The enclave could not be reached or did not answer.</summary>
    public void EnclaveFailed() => Interlocked.Increment(ref _enclaveFailures);

    /// <summary>A request for the enclave's health came.</summary>
    public void HealthChecked() => Interlocked.Increment(ref _healthChecks);

    /// <summary>A connection was closed because there were too many.</summary>
    public void ConnectionClosed() => Interlocked.Increment(ref _refusedConnections);

    /// <summary>Lets the meter tell of the enclave, its app, the bridges and the spool.</summary>
    public void Observe(EnclaveMonitor monitor, HostBridges bridges, Readiness readiness, SpoolBudget spool, AppCheck? check)
    {
        Meter.CreateObservableGauge(
            "qos.enclave.reachable", () => monitor.View.IsReachable ? 1 : 0, null, "1 if the enclave answered when it was last asked in the background, else 0.");
        Meter.CreateObservableGauge("qos.enclave.phase", () => Phases(monitor.View), null, "1 for the phase that the enclave is in, 0 for the others.");
        Meter.CreateObservableGauge("qos.pivot.state", () => States(monitor.View), null, "1 for the state that the app's process is in, 0 for the others.");
        Meter.CreateObservableCounter(
            "qos.pivot.restarts", () => Of(monitor.View, static pivot => pivot.Restarts), null, "How many times the app was started again.");
        Meter.CreateObservableGauge(
            "qos.pivot.last_exit.code", () => Of(monitor.View, static pivot => pivot.LastExit?.Code), null, "The exit code that the app last ended with.");
        Meter.CreateObservableGauge(
            "qos.pivot.last_exit.signal", () => Of(monitor.View, static pivot => pivot.LastExit?.Signal), null, "The signal that last ended the app.");
        Meter.CreateObservableGauge(
            "qos.host.ready",
            () => monitor.View.Status is { } status && readiness.Problem(status) is null ? 1 : 0,
            null,
            "1 if /readyz would answer 200 by what was seen last, else 0.");
        Meter.CreateObservableGauge("qos.host.spool.bytes", () => spool.Used, null, "Bytes of message bodies that are held now.");
        if (check is not null)
            Meter.CreateObservableGauge("qos.app.healthy", () => check.Problem is null ? 1 : 0, null, "1 if the app's own health check holds, else 0.");

        Meter.CreateObservableGauge("qos.bridge.up", () => Ups(monitor.View, bridges), null, "1 if this half of the bridge is open, else 0.");
        Meter.CreateObservableGauge(
            "qos.bridge.connections.open", () => Each(bridges, static b => b.Counters.Open), null, "Connections that a bridge carries now.");
        Meter.CreateObservableCounter(
            "qos.bridge.connections", () => Each(bridges, static b => b.Counters.Accepted), null, "Connections that a bridge accepted.");
        Meter.CreateObservableCounter(
            "qos.bridge.refused", () => Each(bridges, static b => b.Counters.Refused), null, "Connections that a bridge could not carry.");
        Meter.CreateObservableCounter(
            "qos.bridge.reset", () => Each(bridges, static b => b.Counters.Reset), null, "Connections that ended by a reset or a time limit.");
        Meter.CreateObservableCounter(
            "qos.bridge.to_enclave.bytes",
            () => Each(bridges, static b => b.IsServer ? b.Counters.BytesToTarget : b.Counters.BytesFromTarget),
            null,
            "Bytes carried towards the enclave.");
        Meter.CreateObservableCounter(
            "qos.bridge.from_enclave.bytes",
            () => Each(bridges, static b => b.IsServer ? b.Counters.BytesFromTarget : b.Counters.BytesToTarget),
            null,
            "Bytes carried from the enclave.");
    }

    private void Count(string name, Func<long> value, string description) => Meter.CreateObservableCounter(name, value, null, description);

    private static IEnumerable<Measurement<int>> Phases(EnclaveView view) => view.Status is { } status
        ? Enum.GetValues<ProtocolPhase>().Select(phase => new Measurement<int>(phase == status.Phase ? 1 : 0, Tag("phase", phase.ToString())))
        : [];

    private static IEnumerable<Measurement<int>> States(EnclaveView view) => view.Status?.Pivot is { } pivot
        ? Enum.GetValues<PivotState>().Select(state => new Measurement<int>(state == pivot.State ? 1 : 0, Tag("state", HealthEndpoints.StateText(state))))
        : [];

    private static IEnumerable<Measurement<long>> Of(EnclaveView view, Func<PivotStatus, long?> value) =>
        view.Status?.Pivot is { } pivot && value(pivot) is { } known ? [new Measurement<long>(known)] : [];

    private static IEnumerable<Measurement<int>> Ups(EnclaveView view, HostBridges bridges)
    {
        foreach (BridgeState bridge in bridges.States ?? [])
            yield return new Measurement<int>(bridge.Problem is null ? 1 : 0, [.. Tags(bridge), Tag("half", "host")]);

        // The enclave names no hosts; of bridges that share a port, all must be open.
        foreach (IGrouping<(ushort Port, bool IsServer), BridgeStatus> same in (view.Status?.Pivot?.Bridges ?? []).GroupBy(static bridge => (bridge.Port, bridge.IsServer)))
            yield return new Measurement<int>(same.All(static bridge => bridge.Problem is null) ? 1 : 0, Tag("port", same.Key.Port), Kind(same.Key.IsServer), Tag("half", "enclave"));
    }

    private static IEnumerable<Measurement<long>> Each(HostBridges bridges, Func<BridgeState, long> value) =>
        (bridges.States ?? []).Where(static bridge => bridge.Problem is null)
            .Select(bridge => new Measurement<long>(value(bridge), Tags(bridge)));

    private static KeyValuePair<string, object?>[] Tags(BridgeState bridge) => bridge.Host is { } host
        ? [Tag("port", bridge.Port), Kind(bridge.IsServer), Tag("host", host)]
        : [Tag("port", bridge.Port), Kind(bridge.IsServer)];

    private static KeyValuePair<string, object?> Kind(bool isServer) => Tag("kind", isServer ? "server" : "client");

    private static KeyValuePair<string, object?> Tag(string name, object value) => new(name, value);
}
