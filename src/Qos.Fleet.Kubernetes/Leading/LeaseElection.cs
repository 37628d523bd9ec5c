using k8s;
using k8s.LeaderElection;
using k8s.LeaderElection.ResourceLock;

namespace Qos.Fleet.Kubernetes;

/// <summary>
/// Which of several services leads, by a Lease. The one that cannot renew it stops before another may take it: <see cref="RenewLimit"/> is shorter than
/// <see cref="Duration"/> by more than stopping takes.
/// </summary>
public sealed class LeaseElection : IAsyncDisposable
{
    private readonly LeaseLock _lock;
    private readonly LeaderElector _elector;
    private readonly CancellationTokenSource _end = new();
    private readonly Lock _guard = new();
    private TaskCompletionSource<CancellationToken> _won = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationTokenSource? _held;
    private Task? _running;

    /// <param name="client">The API server's client, which the election does not own.</param>
    /// <param name="ns">The Lease's namespace.</param>
    /// <param name="name">The Lease's name.</param>
    /// <param name="identity">This service's name, which no other has.</param>
    public LeaseElection(IKubernetes client, string ns, string name, string identity)
    {
        Identity = identity;
        _lock = new LeaseLock(client, ns, name, identity);
        _elector = new LeaderElector(new LeaderElectionConfig(_lock) { LeaseDuration = Duration, RenewDeadline = RenewLimit, RetryPeriod = Retry });
        _elector.OnStartedLeading += OnStarted;
        _elector.OnStoppedLeading += OnStopped;
    }

    /// <summary>How long a Lease holds that is not renewed.</summary>
    public static TimeSpan Duration { get; } = TimeSpan.FromSeconds(10);

    /// <summary>After so long without a renewal the leader stops.</summary>
    public static TimeSpan RenewLimit { get; } = TimeSpan.FromSeconds(6);

    /// <summary>The pause between two tries: two requests each.</summary>
    public static TimeSpan Retry { get; } = TimeSpan.FromSeconds(2.5);

    /// <summary>This service's name.</summary>
    public string Identity { get; }

    /// <summary>Waits until this service leads.</summary>
    /// <returns>A token that ends with the leadership.</returns>
    public Task<CancellationToken> WonAsync(CancellationToken cancellationToken)
    {
        lock (_guard)
        {
            _running ??= Task.Run(() => _elector.RunAndTryToHoldLeadershipForeverAsync(_end.Token), CancellationToken.None);
            return _won.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Stops, and gives the Lease back so that another one need not wait for it.</summary>
    public async ValueTask DisposeAsync()
    {
        bool led = _elector.IsLeader();
        await _end.CancelAsync().ConfigureAwait(false);
        if (_running is not null)
            await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        OnStopped();
        if (led)
            await ReleaseAsync().ConfigureAwait(false);
        _elector.Dispose();
        _end.Dispose();
    }

    private async Task ReleaseAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        try
        {
            LeaderElectionRecord record = await _lock.GetAsync(limit.Token).ConfigureAwait(false);
            if (record.HolderIdentity != Identity)
                return;
            record.HolderIdentity = "";
            record.LeaseDurationSeconds = 1;
            await _lock.UpdateAsync(record, limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (KubernetesErrors.IsApi(e) || e is OperationCanceledException)
        {
            // It runs out by itself.
        }
    }

    private void OnStarted()
    {
        lock (_guard)
        {
            _held = new CancellationTokenSource();
            _won.TrySetResult(_held.Token);
        }
    }

    private void OnStopped()
    {
        CancellationTokenSource? lost;
        lock (_guard)
        {
            (lost, _held) = (_held, null);
            if (_won.Task.IsCompleted)
                _won = new TaskCompletionSource<CancellationToken>(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        lost?.Cancel();
    }
}
