using System.Globalization;
using Qos.Protocol;

namespace Qos.Host;

/// <summary>
/// Whether the app in the enclave can be used: the node is provisioned, its app runs and has kept running, every bridge is open on both
/// sides, and the app says itself that it is well, where it is asked.
/// </summary>
internal sealed class Readiness(HostSettings settings, HostBridges bridges, IEnumerable<AppCheck> checks, TimeProvider time)
{
    /// <summary>An app must have run for so long after its first start.</summary>
    internal static readonly TimeSpan Settled = TimeSpan.FromSeconds(1);

    /// <summary>An app must have run for so long after it was restarted: one that crashes again and again is never ready.</summary>
    internal static readonly TimeSpan SettledAgain = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly AppCheck? _check = checks.FirstOrDefault();
    private PivotStatus? _last;
    private long _runningSince;
    private TimeSpan _settled;

    /// <summary>Why the app cannot be used now, in one line; null when it can.</summary>
    /// <param name="status">What the enclave has just said.</param>
    public string? Problem(NodeStatus status)
    {
        bool isSettled = Observe(status.Pivot);
        if (status.Phase != ProtocolPhase.QuorumKeyProvisioned)
            return status.Phase.ToString();
        if (status.Pivot is { } pivot)
        {
            if (OfPivot(pivot, isSettled) is { } problem)
                return problem;
            foreach (BridgeStatus bridge in pivot.Bridges)
            {
                if (bridge.Problem is { } closed)
                    return string.Create(CultureInfo.InvariantCulture, $"the enclave's half of the bridge of port {bridge.Port} is not open: {closed}");
            }
        }

        if (settings.Bridges)
        {
            if (bridges.States is not { } states)
                return "the bridges are not open yet";
            foreach (BridgeState bridge in states)
            {
                if (bridge.Problem is { } closed)
                    return string.Create(CultureInfo.InvariantCulture, $"the bridge of port {bridge.Port} is not open: {closed}");
            }
        }

        return _check?.Problem is { } unwell ? $"the app is not well: {unwell}" : null;
    }

    /// <summary>Remembers when the app's process last began.</summary>
    /// <returns>Whether it has run for long enough.</returns>
    internal bool Observe(PivotStatus? pivot)
    {
        lock (_gate)
        {
            if (pivot is not { State: PivotState.Running })
            {
                _last = pivot;
                return false;
            }

            // Seen running for the first time with restarts behind it is a host that came later: those say nothing about now.
            if (_last is not { State: PivotState.Running } || _last.Restarts != pivot.Restarts)
            {
                bool isAgain = _last is not null && pivot.Restarts > 0;
                _settled = isAgain ? SettledAgain : Settled;
                _runningSince = time.GetTimestamp();
            }

            _last = pivot;
            return time.GetElapsedTime(_runningSince) >= _settled;
        }
    }

    private static string? OfPivot(PivotStatus pivot, bool isSettled)
    {
        string restarts = string.Create(CultureInfo.InvariantCulture, $"{pivot.Restarts} restart{(pivot.Restarts == 1 ? "" : "s")}");
        string ended = pivot.LastExit is { } exit ? $"it last {exit}" : "it never ended";
        return pivot.State switch
        {
            PivotState.Waiting => "the app is not started yet",
            PivotState.Restarting => $"the app is being restarted: {pivot.Reason ?? ended}, {restarts}",
            PivotState.Exited => $"the app has ended and is not restarted: {ended}",
            PivotState.Failed => $"the app cannot be started{(pivot.Reason is { } reason ? ": " + reason : "")}",
            _ when !isSettled => pivot.Restarts > 0 ? $"the app runs for a moment only: {ended}, {restarts}" : "the app has just been started",
            _ => null,
        };
    }
}
