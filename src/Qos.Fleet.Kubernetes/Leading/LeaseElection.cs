using System.Net;
using k8s;
using k8s.Autorest;
using k8s.Models;

namespace Qos.Fleet.Kubernetes;

/// <summary>
/// Which of several services leads, by a Lease. The one that cannot renew it stops before another may take it: <see cref="RenewLimit"/> is shorter than
/// <see cref="Duration"/> by more than stopping takes.
/// </summary>
/// <remarks>
/// The rules are those of Kubernetes' own components, whose clocks are not compared: a Lease has run out when this service saw no change of it for
/// <see cref="Duration"/>. The client's build for programs compiled ahead has no election.
/// </remarks>
public sealed class LeaseElection : IAsyncDisposable
{
    private readonly k8s.Kubernetes _client;
    private readonly string _namespace;
    private readonly string _name;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _end = new();
    private readonly Lock _guard = new();
    private TaskCompletionSource<CancellationToken> _won = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationTokenSource? _held;
    private Task? _running;

    // The Lease as it was seen last, and since when it is so.
    private V1Lease? _seen;
    private long _since;

    /// <param name="client">The API server's client, which the election does not own.</param>
    /// <param name="ns">The Lease's namespace.</param>
    /// <param name="name">The Lease's name.</param>
    /// <param name="identity">This service's name, which no other has.</param>
    /// <param name="time">The clock; the machine's when left out.</param>
    public LeaseElection(k8s.Kubernetes client, string ns, string name, string identity, TimeProvider? time = null)
    {
        Identity = identity;
        (_client, _namespace, _name, _time) = (client, ns, name, time ?? TimeProvider.System);
    }

    /// <summary>How long a Lease holds that is not renewed.</summary>
    public static TimeSpan Duration { get; } = TimeSpan.FromSeconds(10);

    /// <summary>After so long without a renewal the leader stops.</summary>
    public static TimeSpan RenewLimit { get; } = TimeSpan.FromSeconds(6);

    /// <summary>The pause between two tries: one request each.</summary>
    public static TimeSpan Retry { get; } = TimeSpan.FromSeconds(2.5);

    /// <summary>This service's name.</summary>
    public string Identity { get; }

    /// <summary>Waits until this service leads.</summary>
    /// <returns>A token that ends with the leadership.</returns>
    public Task<CancellationToken> WonAsync(CancellationToken cancellationToken)
    {
        lock (_guard)
        {
            _running ??= Task.Run(RunAsync, CancellationToken.None);
            return _won.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Stops, and gives the Lease back so that another one need not wait for it.</summary>
    public async ValueTask DisposeAsync()
    {
        bool led;
        lock (_guard)
            led = _held is not null;
        await _end.CancelAsync().ConfigureAwait(false);
        if (_running is not null)
            await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        OnStopped();
        if (led)
            await ReleaseAsync().ConfigureAwait(false);
        _end.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            long begun = _time.GetTimestamp();
            if (await TryAsync(RenewLimit).ConfigureAwait(false) == true)
            {
                OnStarted();
                await HoldAsync(begun).ConfigureAwait(false);
                OnStopped();
            }

            TimeSpan runsOut = Duration - _time.GetElapsedTime(_since);
            await Task.Delay(runsOut > TimeSpan.Zero ? Least(Retry, runsOut) : Retry, _time, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // The Lease counts from before the request that renewed it was sent.
    private async Task HoldAsync(long renewed)
    {
        while (!_end.IsCancellationRequested)
        {
            await Task.Delay(Least(Retry, RenewLimit - _time.GetElapsedTime(renewed)), _time, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            TimeSpan left = RenewLimit - _time.GetElapsedTime(renewed);
            if (left <= TimeSpan.Zero || _end.IsCancellationRequested)
                return;
            long now = _time.GetTimestamp();
            bool? held = await TryAsync(left).ConfigureAwait(false);
            if (held == false)
                return;
            if (held == true)
                renewed = now;
        }
    }

    /// <returns>Whether this service has the Lease; null when that could not be found out.</returns>
    private async Task<bool?> TryAsync(TimeSpan limit)
    {
        using var late = new CancellationTokenSource(limit, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, _end.Token);
        try
        {
            return await TakeAsync(either.Token).WaitAsync(either.Token).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // Whatever it is, it may pass. After a conflict, somebody else was first; where there is none, it was deleted: what is there now is read at the next try.
            if (KubernetesErrors.Is(e, HttpStatusCode.Conflict) || KubernetesErrors.Is(e, HttpStatusCode.NotFound))
                _seen = null;
            return null;
        }
    }

    private async Task<bool> TakeAsync(CancellationToken cancellationToken)
    {
        // The holder writes over what it wrote: a version that is another's by now is refused.
        if (_seen?.Spec?.HolderIdentity != Identity)
        {
            try
            {
                See(await _client.CoordinationV1.ReadNamespacedLeaseAsync(_name, _namespace, cancellationToken: cancellationToken).ConfigureAwait(false));
            }
            catch (HttpOperationException e) when (e.Response.StatusCode == HttpStatusCode.NotFound)
            {
                var made = new V1Lease { Metadata = new V1ObjectMeta { Name = _name, NamespaceProperty = _namespace }, Spec = Mine(null) };
                See(await _client.CoordinationV1.CreateNamespacedLeaseAsync(made, _namespace, cancellationToken: cancellationToken).ConfigureAwait(false));
                return true;
            }

            if (_seen?.Spec?.HolderIdentity is { Length: > 0 } other && other != Identity && _time.GetElapsedTime(_since) < Duration)
                return false;
        }

        var mine = new V1Lease { Metadata = _seen!.Metadata, Spec = Mine(_seen.Spec) };
        See(await _client.CoordinationV1.ReplaceNamespacedLeaseAsync(mine, _name, _namespace, cancellationToken: cancellationToken).ConfigureAwait(false));
        return true;
    }

    private void See(V1Lease lease)
    {
        if (_seen?.Metadata.ResourceVersion != lease.Metadata.ResourceVersion || _seen?.Metadata.Uid != lease.Metadata.Uid)
            _since = _time.GetTimestamp();
        _seen = lease;

        // The server keeps these itself, and the client cannot write what it read of them.
        lease.Metadata.ManagedFields = null;
    }

    private V1LeaseSpec Mine(V1LeaseSpec? before)
    {
        DateTime now = Now();
        bool isNew = before?.HolderIdentity != Identity;
        return new V1LeaseSpec
        {
            HolderIdentity = Identity,
            LeaseDurationSeconds = (int)Duration.TotalSeconds,
            AcquireTime = isNew ? now : before!.AcquireTime,
            RenewTime = now,
            LeaseTransitions = (before?.LeaseTransitions ?? 0) + (isNew && before is not null ? 1 : 0),
        };
    }

    // With six digits, as the API server wants them: the client leaves out those of a whole second.
    private DateTime Now()
    {
        DateTime now = _time.GetUtcNow().UtcDateTime;
        return now.Ticks % TimeSpan.TicksPerSecond < TimeSpan.TicksPerMicrosecond ? now.AddMicroseconds(1) : now;
    }

    private async Task ReleaseAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2), _time);
        try
        {
            V1Lease lease = await _client.CoordinationV1.ReadNamespacedLeaseAsync(_name, _namespace, cancellationToken: limit.Token).ConfigureAwait(false);
            if (lease.Spec?.HolderIdentity != Identity)
                return;
            lease.Metadata.ManagedFields = null;
            lease.Spec.HolderIdentity = "";
            lease.Spec.LeaseDurationSeconds = 1;
            lease.Spec.RenewTime = Now();
            await _client.CoordinationV1.ReplaceNamespacedLeaseAsync(lease, _name, _namespace, cancellationToken: limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (KubernetesErrors.IsApi(e, CancellationToken.None))
        {
            // It runs out by itself.
        }
    }

    private static TimeSpan Least(TimeSpan a, TimeSpan b) => a < b ? a : b > TimeSpan.Zero ? b : TimeSpan.Zero;

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
