using System.Collections.Concurrent;
using System.Diagnostics;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Qos.Fleet;

/// <summary>
/// Brings what runs to what is wanted, level-triggered: each pass looks at everything anew and takes one step for each replica, so it does not matter what
/// was missed, or at which step the service was killed. Only one reconciler may run on a store.
/// </summary>
public sealed partial class Reconciler : IDisposable
{
    private const string Everything = "";

    private readonly FleetParts _parts;
    private readonly ILogger<Reconciler> _logger;
    private readonly ReplicaTroubles _troubles = new();

    // The value: whether the runner told of the replica meanwhile.
    private readonly ConcurrentDictionary<string, bool> _busy = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, byte> _looksAgain = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _appOfReplica = new(StringComparer.Ordinal);

    // Instances that belong to no replica and take their time to end; the value: why one could not be stopped the last time, empty when it could.
    private readonly ConcurrentDictionary<string, string> _strangers = new(StringComparer.Ordinal);
    private readonly Channel<string> _wakes = Channel.CreateBounded<string>(
        new BoundedChannelOptions(4096) { SingleReader = true, FullMode = BoundedChannelFullMode.DropWrite });

    private readonly StepSlots _slots;

    /// <param name="parts">What it works with.</param>
    /// <param name="logger">Gets what operators need to know.</param>
    public Reconciler(FleetParts parts, ILogger<Reconciler> logger)
    {
        ArgumentNullException.ThrowIfNull(parts);
        _parts = parts;
        _logger = logger;
        _slots = new StepSlots(parts.Settings.Parallelism, parts.Time);
        parts.Runner.Changed += OnRunnerChanged;
    }

    /// <summary>How many replicas it remembers in memory, or instances that belong to none: no more than there are, however many there were.</summary>
    internal int Remembered => new[] { _appOfReplica.Count, _troubles.Count, _slots.Count, _strangers.Count }.Max();

    /// <summary>Has an app looked at now instead of at the next interval.</summary>
    public void Wake(string appId) => _wakes.Writer.TryWrite(appId);

    /// <summary>Reconciles until it is told to stop.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var running = new ConcurrentDictionary<Task, byte>();
        var woken = new HashSet<string>(StringComparer.Ordinal);
        long lastFull = 0;
        try
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                bool full = lastFull == 0 || woken.Contains(Everything) || _parts.Time.GetElapsedTime(lastFull) >= _parts.Settings.Interval;
                if (full)
                    lastFull = _parts.Time.GetTimestamp();
                foreach (Task step in await TryPassAsync(full ? null : woken, cancellationToken).ConfigureAwait(false))
                {
                    running.TryAdd(step, 0);
                    _ = step.ContinueWith(ended => running.TryRemove(ended, out _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
                }

                woken.Clear();
                await WaitAsync(woken, lastFull, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            await Task.WhenAll(running.Keys).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>One pass over an app, or over all, waiting for its steps.</summary>
    /// <returns>How many steps changed something.</returns>
    public async Task<int> PassAsync(string? appId, CancellationToken cancellationToken)
    {
        var steps = new List<Task<bool>>();
        int planned = await BeginAsync(appId, steps, cancellationToken).ConfigureAwait(false);
        bool[] changed = await Task.WhenAll(steps).ConfigureAwait(false);
        return planned + changed.Count(static c => c);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _parts.Runner.Changed -= OnRunnerChanged;
        _slots.Dispose();
    }

    private async Task<List<Task<bool>>> TryPassAsync(HashSet<string>? apps, CancellationToken cancellationToken)
    {
        var steps = new List<Task<bool>>();
        try
        {
            foreach (string? appId in apps is null ? [null] : apps.Cast<string?>())
                await BeginAsync(appId, steps, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
        catch (Exception e)
        {
            // Whatever the store or the runner throws: the next pass looks at everything anew.
            LogPassFailed(_logger, e.Message, e);
        }

        return steps;
    }

    // What it began is in the steps also when it throws: they are waited for before the runner and the store go.
    private async Task<int> BeginAsync(string? appId, List<Task<bool>> steps, CancellationToken cancellationToken)
    {
        long begin = Stopwatch.GetTimestamp();
        using Activity? trace = appId is null ? FleetMetrics.Source.StartActivity("pass") : null;

        // Before the store is read: what runs was stored before it was started, so what is not stored does not belong here.
        IReadOnlyDictionary<string, ReplicaInstance> instances = await _parts.Runner.ObserveAsync(cancellationToken).ConfigureAwait(false);
        IReadOnlyList<AppSnapshot> apps = await _parts.Store.LoadAsync(appId, cancellationToken).ConfigureAwait(false);
        _parts.Instances = instances;
        await _parts.Runner.FollowAsync(apps, appId is null, cancellationToken).ConfigureAwait(false);
        int planned = 0;
        foreach (AppSnapshot app in apps)
        {
            int changes = await PlanAsync(app, cancellationToken).ConfigureAwait(false);
            planned += changes;
            if (changes > 0)
            {
                Wake(app.App.Id);
                continue;
            }

            Dictionary<string, DeploymentSnapshot> deployments = app.Deployments.ToDictionary(static d => d.Deployment.Id, StringComparer.Ordinal);
            foreach (Replica replica in app.Replicas)
            {
                _appOfReplica[replica.Id] = app.App.Id;
                if (deployments.TryGetValue(replica.DeploymentId, out DeploymentSnapshot? deployment) && _busy.TryAdd(replica.Id, false))
                    steps.Add(StepAsync(app, deployment, replica, instances.GetValueOrDefault(replica.Id), cancellationToken));
            }
        }

        if (appId is null)
        {
            HashSet<string> known = apps.SelectMany(static app => app.Replicas).Select(static replica => replica.Id).ToHashSet(StringComparer.Ordinal);

            // Those that are gone, which over the months are many more than there ever are at once.
            _troubles.Keep(known);
            _slots.Keep(new HashSet<string>([.. known, .. instances.Keys], StringComparer.Ordinal));
            _appOfReplica.Keep(known);
            StopStrangers(instances, known, steps, cancellationToken);
            _parts.Metrics.Passes.Record(Stopwatch.GetElapsedTime(begin).TotalSeconds);
        }

        return planned;
    }

    private async Task<int> PlanAsync(AppSnapshot app, CancellationToken cancellationToken)
    {
        int done = 0;
        foreach (FleetChange change in FleetPlan.Of(app, _parts.Settings, _parts.Time.GetUtcNow(), _parts.Runner.CanForward))
        {
            switch (change)
            {
                case FleetChange.Add add when await _parts.Store.AddReplicaAsync(add.Replica, cancellationToken).ConfigureAwait(false):
                    done++;
                    Publish(app.App, add.Replica);
                    break;
                case FleetChange.Move move when !_busy.ContainsKey(move.Before.Id) && await _parts.Store.SaveReplicaAsync(move.After, cancellationToken).ConfigureAwait(false):
                    done++;
                    Publish(app.App, move.After);
                    break;
                case FleetChange.Purge purge:
                    await _parts.Store.PurgeAsync(purge.DeploymentId, cancellationToken).ConfigureAwait(false);
                    done++;
                    break;
                default:
                    break;
            }
        }

        return done;
    }

    private async Task<bool> StepAsync(
        AppSnapshot app, DeploymentSnapshot deployment, Replica replica, ReplicaInstance? instance, CancellationToken cancellationToken)
    {
        bool changed, told;
        try
        {
            changed = await _slots.RunAsync(replica.Id, () => TakeAsync(new ReplicaStep(_parts, _troubles, app, deployment, replica, instance), app.App.Id, replica, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _busy.TryRemove(replica.Id, out told);
        }

        if (changed || told)
            Wake(app.App.Id);
        return changed;
    }

    private async Task<bool> TakeAsync(ReplicaStep step, string appId, Replica replica, CancellationToken cancellationToken)
    {
        try
        {
            bool changed = await step.RunAsync(cancellationToken).ConfigureAwait(false);
            if (step.LookAgain is { } delay)
                _ = LookAgainAsync(appId, delay, cancellationToken);
            if (changed)
                _parts.Metrics.Steps.Add(1, new KeyValuePair<string, object?>("from", replica.State.ToString()));
            return changed;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
        catch (Exception e)
        {
            // A step of one replica never ends the work for the others.
            LogStepFailed(_logger, replica.Id, replica.State, e.Message, e);
        }

        return false;
    }

    // One at a time for an app, so that many replicas that wait do not multiply the looks.
    private async Task LookAgainAsync(string appId, TimeSpan delay, CancellationToken cancellationToken)
    {
        if (!_looksAgain.TryAdd(appId, 0))
            return;
        await Task.Delay(delay, _parts.Time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _looksAgain.TryRemove(appId, out _);
        Wake(appId);
    }

    private void StopStrangers(IReadOnlyDictionary<string, ReplicaInstance> instances, HashSet<string> known, List<Task<bool>> steps, CancellationToken cancellationToken)
    {
        HashSet<string> strangers = instances.Keys.Where(id => !known.Contains(id)).ToHashSet(StringComparer.Ordinal);
        _strangers.Keep(strangers);
        foreach (string stranger in strangers.Where(id => _busy.TryAdd(id, false)))
        {
            // Once for each: a pod that was told to end is seen for as long as its grace lasts.
            if (_strangers.TryAdd(stranger, ""))
                LogStranger(_logger, stranger);
            steps.Add(StopStrangerAsync(stranger, cancellationToken));
        }
    }

    // In a slot, as the replicas' steps are: one that does not end keeps neither the others nor the pass waiting.
    private async Task<bool> StopStrangerAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            return await _slots.RunAsync(id, () => TryStopAsync(id, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _busy.TryRemove(id, out _);
        }
    }

    private async Task<bool> TryStopAsync(string id, CancellationToken cancellationToken)
    {
        string trouble = "";
        try
        {
            await _parts.Runner.StopAsync(id, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
        catch (Exception e)
        {
            // The next pass tries again.
            trouble = e.Message;
        }

        if (_strangers.TryGetValue(id, out string? before) && before != trouble && _strangers.TryUpdate(id, trouble, before) && trouble.Length > 0)
            LogStrangerStays(_logger, id, trouble);
        return false;
    }

    private async Task WaitAsync(HashSet<string> woken, long lastFull, CancellationToken cancellationToken)
    {
        TimeSpan left = _parts.Settings.Interval - _parts.Time.GetElapsedTime(lastFull);
        if (left > TimeSpan.Zero)
        {
            using var interval = new CancellationTokenSource(left, _parts.Time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(interval.Token, cancellationToken);
            await _wakes.Reader.WaitToReadAsync(either.Token).AsTask().ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).ConfigureAwait(false);
        }

        while (_wakes.Reader.TryRead(out string? app))
            woken.Add(app);
    }

    private void OnRunnerChanged(string replicaId)
    {
        // A pass leaves out a replica whose step is under way: what was told meanwhile is looked at after it.
        _busy.TryUpdate(replicaId, true, false);
        Wake(_appOfReplica.GetValueOrDefault(replicaId, Everything));
    }

    private void Publish(FleetApp app, Replica replica) =>
        _parts.Publish(new FleetEvent("replica", app.OrganizationId, replica.AppId, replica.DeploymentId, replica.Id, replica.State.ToString(), replica.UpdatedAt));

    [LoggerMessage(Level = LogLevel.Error, Message = "The fleet could not be looked at: {Why}")]
    private static partial void LogPassFailed(ILogger logger, string why, Exception exception);

    [LoggerMessage(Level = LogLevel.Error, Message = "Replica {Replica} in state {State}: {Why}")]
    private static partial void LogStepFailed(ILogger logger, string replica, ReplicaState state, string why, Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Instance {Replica} belongs to no replica and is stopped")]
    private static partial void LogStranger(ILogger logger, string replica);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Instance {Replica} belongs to no replica and cannot be stopped: {Why}")]
    private static partial void LogStrangerStays(ILogger logger, string replica, string why);
}
