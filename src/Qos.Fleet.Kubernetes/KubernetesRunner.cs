using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace Qos.Fleet.Kubernetes;

/// <summary>
/// Replicas as pods of a StatefulSet for each deployment. Kubernetes schedules, restarts and balances; the runner binds each replica to the pod with its
/// slot's number by a label. A pod that was made anew has no label: it is another node, which knows no key, and another replica takes it.
/// </summary>
public sealed partial class KubernetesRunner : IRunner, IAsyncDisposable
{
    private const int Parallelism = 8;
    private static readonly TimeSpan s_podLimit = TimeSpan.FromSeconds(15);
    private readonly k8s.Kubernetes _client;
    private readonly KubernetesRunnerOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<KubernetesRunner> _logger;
    private readonly ClusterObjects _objects;
    private readonly ConcurrentDictionary<string, (string ReplicaId, DateTimeOffset Since)> _awaited = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, (Deployment Deployment, int Wanted)> _deployments = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _troubles = new(StringComparer.Ordinal);

    /// <param name="client">The API server's client, which the runner does not own.</param>
    /// <param name="options">How replicas run.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Gets what operators need to know.</param>
    public KubernetesRunner(k8s.Kubernetes client, KubernetesRunnerOptions options, TimeProvider time, ILogger<KubernetesRunner> logger)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(options);
        (_client, _options, _time, _logger) = (client, options, time, logger);
        _objects = new ClusterObjects(client, options, time, logger);
        _objects.Pods.Changed += OnPod;
        _objects.Services.Changed += (_, _, _) => Changed?.Invoke("");
    }

    /// <inheritdoc/>
    public event Action<string>? Changed;

    /// <summary>Raised with the apps of each look.</summary>
    public event Action<IReadOnlyList<AppSnapshot>>? Followed;

    /// <inheritdoc/>
    public string Kind => "kubernetes";

    /// <inheritdoc/>
    public bool ZeroesDebugMeasurements => _options.SimulatorAuthority is null;

    internal ClusterObjects Objects => _objects;

    /// <inheritdoc/>
    public async Task FollowAsync(IReadOnlyList<AppSnapshot> apps, bool isAll, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(apps);
        await ReadyAsync(cancellationToken).ConfigureAwait(false);
        ILookup<string?, PodView> byReplica = _objects.Pods.Known.Values.ToLookup(static pod => pod.ReplicaId, StringComparer.Ordinal);
        await Parallel.ForEachAsync(apps, new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellationToken }, async (app, token) =>
        {
            foreach (DeploymentSnapshot deployment in app.Deployments)
                await TryAsync(deployment.Deployment.Id, () => FollowAsync(app, deployment, token), token).ConfigureAwait(false);
            await TryAsync(app.App.Id, () => FollowServiceAsync(app, token), token).ConfigureAwait(false);
            foreach (Replica replica in app.Replicas)
            {
                PodView? pod = byReplica[replica.Id].FirstOrDefault(IsOurs);
                bool verified = replica.State == ReplicaState.Ready;
                if (pod is { IsGoing: false } && (pod.IsVerified ?? false) != verified)
                    await TryAsync(replica.Id, () => _objects.VouchAsync(pod, verified, _time.GetUtcNow(), token), token).ConfigureAwait(false);
            }
        }).ConfigureAwait(false);

        if (isAll)
            await RemoveStrangersAsync(apps, cancellationToken).ConfigureAwait(false);
        Followed?.Invoke(apps);
    }

    /// <inheritdoc/>
    public async Task StartAsync(ReplicaLaunch launch, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(launch);
        await ReadyAsync(cancellationToken).ConfigureAwait(false);
        string name = string.Create(CultureInfo.InvariantCulture, $"{ReplicaPods.Name(launch.DeploymentId)}-{launch.Slot}");
        if (!_objects.Pods.Known.TryGetValue(name, out PodView? pod) || pod.IsGoing || !IsOurs(pod))
        {
            // The pod that comes wakes the replica that waits for it.
            DateTimeOffset now = _time.GetUtcNow();
            (_, DateTimeOffset since) = _awaited.AddOrUpdate(name, _ => (launch.ReplicaId, now), (_, before) => before.ReplicaId == launch.ReplicaId ? before : (launch.ReplicaId, now));
            if (_troubles.TryGetValue(launch.DeploymentId, out string? trouble))
                throw new RunnerException(trouble);

            // What is wrong is told in the set's events alone, which the service may not read.
            if (pod is null && now - since >= s_podLimit)
                throw new RunnerException($"Kubernetes makes no pod {name}: 'kubectl describe statefulset {ReplicaPods.Name(launch.DeploymentId)}' says why");
            return;
        }

        _awaited.TryRemove(name, out _);
        if (pod.ReplicaId == launch.ReplicaId)
            return;
        if (pod.ReplicaId is not null)
            throw new RunnerException($"the pod {name} still belongs to replica {pod.ReplicaId}");
        try
        {
            await _objects.BindAsync(pod, launch.ReplicaId, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (KubernetesErrors.IsApi(e, cancellationToken))
        {
            throw new RunnerException($"the pod {name} cannot be bound: {KubernetesErrors.Text(e)}", e);
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<string, ReplicaInstance>> ObserveAsync(CancellationToken cancellationToken)
    {
        await ReadyAsync(cancellationToken).ConfigureAwait(false);
        var instances = new Dictionary<string, ReplicaInstance>(StringComparer.Ordinal);
        foreach (PodView pod in _objects.Pods.Known.Values)
        {
            // One that names a replica and is not of a set that this fleet made is somebody's claim, and is left alone.
            if (pod.ReplicaId is { } id && IsOurs(pod))
                instances[id] = Observe(id, pod);
        }

        return instances;
    }

    /// <inheritdoc/>
    public async Task StopAsync(string replicaId, CancellationToken cancellationToken)
    {
        await ReadyAsync(cancellationToken).ConfigureAwait(false);
        foreach (PodView pod in _objects.Pods.Known.Values.Where(pod => pod.ReplicaId == replicaId && IsOurs(pod) && !pod.IsGoing))
        {
            try
            {
                await StopAsync(pod, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (KubernetesErrors.IsApi(e, cancellationToken))
            {
                throw new RunnerException($"the pod {pod.Name} cannot be ended: {KubernetesErrors.Text(e)}", e);
            }
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<LogLine>> LogsAsync(string replicaId, int tailLines, DateTimeOffset? since, CancellationToken cancellationToken)
    {
        try
        {
            V1PodList pods = await _client.CoreV1.ListNamespacedPodAsync(
                _options.Namespace, labelSelector: $"{KubernetesNames.FleetLabel}={_options.Fleet},{KubernetesNames.ReplicaLabel}={replicaId}", limit: 1, cancellationToken: cancellationToken).ConfigureAwait(false);
            return pods.Items is [var pod, ..]
                ? await PodLogs.ReadAsync(_client, pod.Metadata.Name, _options, tailLines, since, cancellationToken).ConfigureAwait(false)
                : [];
        }
        catch (Exception e) when (KubernetesErrors.IsApi(e, cancellationToken))
        {
            throw new RunnerException($"the logs cannot be had: {KubernetesErrors.Text(e)}", e);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _objects.DisposeAsync();

    private async Task ReadyAsync(CancellationToken cancellationToken)
    {
        // The first list only: later the last known state is better than none, because replicas are asked themselves.
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10), _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await _objects.ReadyAsync(both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new RunnerException(_objects.Sets.Trouble ?? _objects.Pods.Trouble ?? "the API server does not answer", e);
        }
    }

    private async Task FollowAsync(AppSnapshot app, DeploymentSnapshot snapshot, CancellationToken cancellationToken)
    {
        Deployment deployment = snapshot.Deployment;
        int wanted = FleetPlan.Wanted(app, snapshot);
        _deployments[deployment.Id] = (deployment, wanted);
        int taken = app.Replicas.Where(replica => replica.DeploymentId == deployment.Id).Select(static replica => replica.Slot + 1).DefaultIfEmpty(0).Max();
        int replicas = Math.Max(wanted, Math.Min(taken, _objects.Sets.Known.GetValueOrDefault(ReplicaPods.Name(deployment.Id))?.Replicas ?? 0));
        if (replicas > 0)
            await _objects.ApplySetAsync(deployment, replicas, cancellationToken).ConfigureAwait(false);
        else if (_objects.Sets.Known.GetValueOrDefault(ReplicaPods.Name(deployment.Id)) is { IsGoing: false } set)
            await _objects.DeleteSetAsync(set, cancellationToken).ConfigureAwait(false);
    }

    private async Task FollowServiceAsync(AppSnapshot app, CancellationToken cancellationToken)
    {
        Deployment? live = app.App.IsDeleted ? null : app.Deployments.FirstOrDefault(d => d.Deployment.Id == app.App.LiveDeploymentId)?.Deployment;
        if (live is not null)
            await _objects.ApplyServiceAsync(app.App, live, cancellationToken).ConfigureAwait(false);
    }

    private async Task RemoveStrangersAsync(IReadOnlyList<AppSnapshot> apps, CancellationToken cancellationToken)
    {
        HashSet<string> deployments = apps.SelectMany(static app => app.Deployments).Select(static d => d.Deployment.Id).ToHashSet(StringComparer.Ordinal);
        foreach (SetView set in _objects.Sets.Known.Values.Where(set => !set.IsGoing && (set.DeploymentId is null || !deployments.Contains(set.DeploymentId))))
            await TryAsync(set.Name, () => _objects.DeleteSetAsync(set, cancellationToken), cancellationToken).ConfigureAwait(false);
        HashSet<string> live = apps.Where(static app => !app.App.IsDeleted).Select(static app => app.App.Id).ToHashSet(StringComparer.Ordinal);
        foreach (ServiceView service in _objects.Services.Known.Values.Where(service => service.AppId is { } id && !live.Contains(id)))
            await TryAsync(service.Name, () => _objects.DeleteServiceAsync(service, cancellationToken), cancellationToken).ConfigureAwait(false);
        foreach (string gone in _deployments.Keys.Where(id => !deployments.Contains(id)))
            _deployments.TryRemove(gone, out _);
        HashSet<string> replicas = apps.SelectMany(static app => app.Replicas).Select(static replica => replica.Id).ToHashSet(StringComparer.Ordinal);
        foreach ((string pod, (string replica, _)) in _awaited)
        {
            if (!replicas.Contains(replica))
                _awaited.TryRemove(pod, out _);
        }

        HashSet<string> named = [.. deployments, .. replicas, .. live, .. _objects.Sets.Known.Keys, .. _objects.Services.Known.Keys];
        foreach (string gone in _troubles.Keys.Where(what => !named.Contains(what)))
            _troubles.TryRemove(gone, out _);
    }

    // A slot that is no longer wanted goes by the set's size: deleted alone, its pod would be made again.
    private async Task StopAsync(PodView pod, CancellationToken cancellationToken)
    {
        if (pod.DeploymentId is { } id && _deployments.TryGetValue(id, out (Deployment Deployment, int Wanted) known) && pod.Ordinal >= known.Wanted)
        {
            int others = _objects.Pods.Known.Values.Where(other => other.Owner == pod.Owner && other.Name != pod.Name && other.ReplicaId is not null && !other.IsGoing)
                .Select(static other => other.Ordinal + 1).DefaultIfEmpty(0).Max();
            int size = Math.Max(known.Wanted, others);
            if (size == 0 && _objects.Sets.Known.GetValueOrDefault(pod.Owner) is { } set)
                await _objects.DeleteSetAsync(set, cancellationToken).ConfigureAwait(false);
            else if (pod.Ordinal >= size)
                await _objects.ApplySetAsync(known.Deployment, size, cancellationToken).ConfigureAwait(false);
            if (pod.Ordinal >= size)
                return;
        }

        await _objects.DeletePodAsync(pod, cancellationToken).ConfigureAwait(false);
    }

    private async Task TryAsync(string what, Func<Task> act, CancellationToken cancellationToken)
    {
        try
        {
            await act().ConfigureAwait(false);
            _troubles.TryRemove(what, out _);
        }
        catch (Exception e) when (KubernetesErrors.IsApi(e, cancellationToken) || e is RunnerException)
        {
            // What cannot be written now is written at the next look; what runs is not held up by it.
            string why = e is RunnerException ? e.Message : e is OperationCanceledException ? KubernetesErrors.Text(e) : $"the API server refuses: {KubernetesErrors.Text(e)}";
            if (!_troubles.TryGetValue(what, out string? before) || before != why)
                LogTrouble(_logger, what, why);
            _troubles[what] = why;
        }
    }

    private bool IsOurs(PodView pod) =>
        _objects.Sets.Known.TryGetValue(pod.Owner, out SetView? set) && set.Uid == pod.OwnerUid && set.DeploymentId == pod.DeploymentId && pod.Ordinal >= 0;

    private static ReplicaInstance Observe(string id, PodView pod)
    {
        IReadOnlyDictionary<ushort, IPEndPoint> ports = pod.AppPorts();
        if (pod.HasEnded || pod.IsGoing)
            return new ReplicaInstance(id, InstanceState.Ended, null, ports, pod.Detail ?? $"its pod {pod.Name} is deleted");
        return pod is { HostRuns: true, Address: { } address }
            ? new ReplicaInstance(id, InstanceState.Running, new UriBuilder("http", address, ReplicaPods.ControlPort).Uri, ports)
            : new ReplicaInstance(id, InstanceState.Pending, null, ports, pod.Detail);
    }

    private void OnPod(string name, PodView? old, PodView? now)
    {
        string? replica = now?.ReplicaId ?? old?.ReplicaId ?? _awaited.GetValueOrDefault(name).ReplicaId;
        if (replica is not null)
            Changed?.Invoke(replica);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{What}: {Why}")]
    private static partial void LogTrouble(ILogger logger, string what, string why);
}
