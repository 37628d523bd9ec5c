using Qos.Protocol;

namespace Qos.Host;

/// <summary>What the enclave said when it was last asked in the background.</summary>
/// <param name="IsReachable">Whether it answered.</param>
/// <param name="Status">Its last answer; null when it did not answer the last time.</param>
/// <param name="Failure">Why there is no answer.</param>
internal sealed record EnclaveView(bool IsReachable, NodeStatus? Status, string? Failure);

/// <summary>
/// Watches the enclave and keeps the bridges as its manifest says: open while it is provisioned, closed when there is another enclave
/// or none that is provisioned, untouched while it cannot be asked. So host and enclave may start in any order. Another enclave is known by
/// its identity, the manifest's hash and the ephemeral key, however short the time between the two was.
/// </summary>
internal sealed class EnclaveMonitor(
    EnclaveGateway gateway, HostBridges bridges, Readiness readiness, HostSettings settings, TimeProvider time, ILogger<EnclaveMonitor> logger) : BackgroundService
{
    /// <summary>How often a provisioned enclave is looked at, and a bridge that cannot open tried again.</summary>
    internal static readonly TimeSpan Retry = TimeSpan.FromSeconds(2);

    // An enclave of another make serves one connection after the other: the host's questions leave it time for those of others.
    private static readonly TimeSpan s_pauseForOthers = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private volatile EnclaveView _view = new(IsReachable: false, Status: null, Failure: "it was not asked yet");
    private string? _lastProblem;
    private byte[]? _manifestHash;
    private byte[]? _ephemeralKey;
    private IReadOnlyList<BridgeConfig> _wanted = [];
    private ProtocolPhase? _phase;

    /// <summary>What is known now, without asking.</summary>
    public EnclaveView View => _view;

    /// <summary>Runs after each look; for the service manager.</summary>
    public Action<EnclaveView, string?>? Looked { get; set; }

    /// <summary>Somebody else asked: what the enclave said is as good as an answer to this.</summary>
    public void Saw(NodeStatus status) => _view = new EnclaveView(IsReachable: true, status, Failure: null);

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
        await bridges.CloseAsync(settings.Drain).ConfigureAwait(false);
    }

    /// <summary>Looks once.</summary>
    /// <returns>Whether all is as it is wanted, so that the next look may wait.</returns>
    internal async Task<bool> LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            NodeStatus status = await gateway.StatusAsync(cancellationToken).WaitAsync(s_patience, time, cancellationToken).ConfigureAwait(false);
            _view = new EnclaveView(IsReachable: true, status, Failure: null);
            bool settled = await FollowAsync(status, cancellationToken).ConfigureAwait(false);
            string? problem = readiness.Problem(status);
            if (problem != _lastProblem && status.Phase == ProtocolPhase.QuorumKeyProvisioned)
            {
                if (problem is null)
                    HostLog.Ready(logger);
                else
                    HostLog.NotReady(logger, problem);
            }

            _lastProblem = problem;
            Looked?.Invoke(_view, problem);
            return settled;
        }
        catch (Exception e) when (EnclaveGateway.IsFailure(e) || e is TimeoutException)
        {
            string failure = e is TimeoutException ? $"it did not answer within {s_patience.TotalSeconds:0} s" : e.Message;
            if (_view.IsReachable)
                HostLog.EnclaveFailed(logger, failure);
            _view = new EnclaveView(IsReachable: false, Status: null, failure);
            _lastProblem = null;
            Looked?.Invoke(_view, failure);
            return false;
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            bool settled;
            try
            {
                settled = await LookAsync(stoppingToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }

            TimeSpan pause = settled ? Retry : gateway.IsOfAnotherMake ? s_pauseForOthers : settings.BridgePoll;
            await Task.Delay(pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<bool> FollowAsync(NodeStatus status, CancellationToken cancellationToken)
    {
        if (status.Phase != _phase)
            HostLog.Phase(logger, status.Phase.ToString());
        _phase = status.Phase;
        if (status.Phase != ProtocolPhase.QuorumKeyProvisioned)
        {
            if (_manifestHash is not null)
                await CloseAsync($"the enclave is in phase {status.Phase}").ConfigureAwait(false);
            return false;
        }

        if (!settings.Bridges)
            return true;
        if (_manifestHash is null || status.ManifestHash is not { } told || !told.Span.SequenceEqual(_manifestHash))
        {
            Manifest? manifest = (await gateway.ManifestEnvelopeAsync(cancellationToken).ConfigureAwait(false))?.Manifest;
            if (manifest is null)
                return false;
            byte[] hash = manifest.Hash();

            // Replaced between the two questions: the next look asks both again.
            if (status.ManifestHash is { } earlier && !earlier.Span.SequenceEqual(hash))
                return false;
            if (_manifestHash is not null && !hash.AsSpan().SequenceEqual(_manifestHash))
                await CloseAsync("there is another enclave, with another manifest").ConfigureAwait(false);
            _manifestHash = hash;
            _wanted = manifest.Pivot.BridgeConfig;
        }

        byte[]? key = status.EphemeralKey?.ToArray();
        if (key is not null && _ephemeralKey is not null && !key.AsSpan().SequenceEqual(_ephemeralKey))
            HostLog.EnclaveReplaced(logger);
        _ephemeralKey = key;
        bridges.Open(_wanted);
        return true;
    }

    // What the bridges lead to is gone, so nothing is left to drain.
    private async Task CloseAsync(string reason)
    {
        _manifestHash = null;
        _ephemeralKey = null;
        _wanted = [];
        await bridges.CloseAsync(TimeSpan.Zero).ConfigureAwait(false);
        HostLog.BridgesClosed(logger, reason);
    }
}
