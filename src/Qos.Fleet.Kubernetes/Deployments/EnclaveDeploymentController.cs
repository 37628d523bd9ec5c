using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace Qos.Fleet.Kubernetes;

/// <summary>
/// Maps EnclaveDeployments to the fleet's apps and deployments, and writes their status. Level-triggered: each look starts from the object and the store,
/// and nothing is remembered that matters. Only the leader runs it.
/// </summary>
public sealed partial class EnclaveDeploymentController : IAsyncDisposable
{
    private const int Workers = 4;
    private const int Page = 500;
    private static readonly TimeSpan s_resync = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan s_firstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromMinutes(2);

    private readonly k8s.Kubernetes _client;
    private readonly string _namespace;
    private readonly IEnclaveDesk _desk;
    private readonly TimeProvider _time;
    private readonly ILogger<EnclaveDeploymentController> _logger;
    private readonly EventWriter _events;
    private readonly Informer<EnclaveDeployment, EnclaveDeploymentList, EnclaveDeploymentView> _objects;
    private readonly Channel<string> _due = Channel.CreateUnbounded<string>();
    private readonly ConcurrentDictionary<string, byte> _queued = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, byte> _busy = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _nameOfApp = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> _seen = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> _failures = new(StringComparer.Ordinal);

    /// <param name="client">The API server's client, which the controller does not own.</param>
    /// <param name="ns">The namespace that it looks after.</param>
    /// <param name="desk">Where requests are brought.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Gets what operators need to know.</param>
    public EnclaveDeploymentController(k8s.Kubernetes client, string ns, IEnclaveDesk desk, TimeProvider time, ILogger<EnclaveDeploymentController> logger)
    {
        (_client, _namespace, _desk, _time, _logger) = (client, ns, desk, time, logger);
        _events = new EventWriter(client, ns, time);
        _objects = new(
            "EnclaveDeployments",
            async (more, token) => ((JsonElement)await client.CustomObjects.ListNamespacedCustomObjectAsync(
                KubernetesNames.Group, KubernetesNames.Version, ns, KubernetesNames.Plural, continueParameter: more, limit: Page, cancellationToken: token).ConfigureAwait(false)).Deserialize(EnclaveDeploymentJson.Default.EnclaveDeploymentList)!,
            (version, token) => WatchStream.ReadAsync(client, $"apis/{KubernetesNames.Group}/{KubernetesNames.Version}/namespaces/{ns}/{KubernetesNames.Plural}", null, version, static item => item.Deserialize(EnclaveDeploymentJson.Default.EnclaveDeployment)!, time, token),
            EnclaveDeploymentView.Of,
            time,
            logger);
        _objects.Changed += (name, _, now) => Look(name);
    }

    internal Informer<EnclaveDeployment, EnclaveDeploymentList, EnclaveDeploymentView> Objects => _objects;

    /// <summary>Compares apps with how they were seen before, and has the EnclaveDeployments of those that changed looked at soon.</summary>
    public void Notice(IReadOnlyList<AppSnapshot> apps)
    {
        ArgumentNullException.ThrowIfNull(apps);
        foreach (AppSnapshot app in apps)
        {
            int seen = Digest(app);
            if (_nameOfApp.TryGetValue(app.App.Id, out string? name) && (!_seen.TryGetValue(app.App.Id, out int before) || before != seen))
            {
                _seen[app.App.Id] = seen;
                Look(name);
            }
        }
    }

    /// <summary>Looks after them until it is told to stop.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await _objects.ReadyAsync(cancellationToken).ConfigureAwait(false);
        using var resync = new PeriodicTimer(s_resync, _time);
        Task[] workers = [.. Enumerable.Range(0, Workers).Select(_ => Task.Run(() => WorkAsync(cancellationToken), CancellationToken.None))];
        try
        {
            do
            {
                foreach (string name in _objects.Known.Keys)
                    Look(name);
            }
            while (await resync.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
        finally
        {
            await Task.WhenAll(workers).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _objects.DisposeAsync();

    // All of a snapshot that a status tells.
    private static int Digest(AppSnapshot app)
    {
        HashCode hash = default;
        hash.Add(app.App.LiveDeploymentId);
        foreach (DeploymentSnapshot deployment in app.Deployments)
        {
            hash.Add(deployment.Deployment.Id);
            hash.Add(deployment.Deployment.UpdatedAt);
            hash.Add(deployment.Approvals.Count);
            hash.Add(deployment.Shares.Count);
        }

        foreach (Replica replica in app.Replicas)
        {
            hash.Add(replica.Id);
            hash.Add(replica.State);
            hash.Add(replica.Message);
        }

        return hash.ToHashCode();
    }

    private void Look(string name)
    {
        if (_queued.TryAdd(name, 0))
            _due.Writer.TryWrite(name);
    }

    private async Task LookLaterAsync(string name, TimeSpan pause, CancellationToken cancellationToken)
    {
        await Task.Delay(pause, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Look(name);
    }

    private async Task WorkAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            string name = await _due.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            _queued.TryRemove(name, out _);
            if (!_busy.TryAdd(name, 0))
            {
                _ = LookLaterAsync(name, TimeSpan.FromMilliseconds(100), cancellationToken);
                continue;
            }

            try
            {
                bool again = _objects.Known.TryGetValue(name, out EnclaveDeploymentView? view) && await ReconcileAsync(view, cancellationToken).ConfigureAwait(false);
                if (again)
                    _ = LookLaterAsync(name, Pause(name), cancellationToken);
                else
                    _failures.TryRemove(name, out _);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // The store, the API server, whatever it is: this one is looked at again, and the others go on.
                LogFailed(_logger, name, KubernetesErrors.Text(e));
                _ = LookLaterAsync(name, Pause(name), cancellationToken);
            }
            finally
            {
                _busy.TryRemove(name, out _);
            }
        }
    }

    private TimeSpan Pause(string name)
    {
        int failures = _failures.AddOrUpdate(name, 1, static (_, count) => count + 1);
        TimeSpan pause = s_firstPause * Math.Pow(2, Math.Min(failures - 1, 10));
        return pause < s_longestPause ? pause : s_longestPause;
    }

    /// <returns>Whether it must be looked at again without a change: something may pass.</returns>
    private async Task<bool> ReconcileAsync(EnclaveDeploymentView view, CancellationToken cancellationToken)
    {
        if (view.IsGoing)
            return await EndAsync(view, cancellationToken).ConfigureAwait(false);
        if (!view.HasFinalizer)
        {
            await SetFinalizersAsync(view, [.. view.Finalizers.Split(' ', StringSplitOptions.RemoveEmptyEntries), KubernetesNames.Finalizer], cancellationToken).ConfigureAwait(false);
            return false;
        }

        EnclaveSpec? spec = null;
        RequestRefusedException? refusal = null;
        string? appId = null, deploymentId = null;
        AppSnapshot? app = null;
        try
        {
            spec = Parse(view);
            var request = new EnclaveRequest(_namespace, view.Name, view.Uid, view.Generation, spec);
            appId = await _desk.AppAsync(request, cancellationToken).ConfigureAwait(false);
            _nameOfApp[appId] = view.Name;
            app = await _desk.LoadAsync(appId, cancellationToken).ConfigureAwait(false);
            deploymentId = await _desk.DeploymentAsync(request, appId, cancellationToken).ConfigureAwait(false);
            app = await FollowAsync(request, appId, deploymentId, cancellationToken).ConfigureAwait(false);
        }
        catch (RequestRefusedException e)
        {
            refusal = e;
        }

        Replica? waiting = app?.Replicas.FirstOrDefault(replica => replica.DeploymentId == deploymentId && replica.State == ReplicaState.AwaitingShares);
        int shares = waiting?.SetupKey is { } key ? await _desk.SharesGivenAsync(deploymentId!, key, cancellationToken).ConfigureAwait(false) : 0;
        await WriteStatusAsync(view, spec, refusal, app, deploymentId, shares, cancellationToken).ConfigureAwait(false);
        return refusal is { MayPass: true };
    }

    private static EnclaveSpec Parse(EnclaveDeploymentView view)
    {
        try
        {
            return EnclaveSpec.Parse(view.Spec);
        }
        catch (JsonException e)
        {
            throw new RequestRefusedException("SpecUnreadable", $"the spec is not of its form at {e.Path}: apply it again", inner: e);
        }
    }

    // One thing after the other, each from what the store says: size, traffic, then what nobody needs any more.
    private async Task<AppSnapshot?> FollowAsync(EnclaveRequest request, string appId, string deploymentId, CancellationToken cancellationToken)
    {
        AppSnapshot? app = await _desk.LoadAsync(appId, cancellationToken).ConfigureAwait(false);
        if (app?.Deployments.FirstOrDefault(d => d.Deployment.Id == deploymentId) is not { } current)
            return app;
        bool changed = false;
        if (current.Deployment.Replicas != request.Spec.Replicas)
        {
            await _desk.ScaleAsync(request, deploymentId, request.Spec.Replicas, cancellationToken).ConfigureAwait(false);
            changed = true;
        }

        int ready = app.Replicas.Count(replica => replica.DeploymentId == deploymentId && replica.State == ReplicaState.Ready);
        string? live = app.App.LiveDeploymentId;
        if (live != deploymentId && request.Spec.Promotion == "Automatic" && ready > 0 && ready >= request.Spec.Replicas)
        {
            await _desk.PromoteAsync(request, deploymentId, cancellationToken).ConfigureAwait(false);
            live = deploymentId;
            changed = true;
        }

        foreach (DeploymentSnapshot old in app.Deployments.Where(d => !d.Deployment.IsDeleted && d.Deployment.Id != deploymentId && d.Deployment.Id != live))
        {
            await _desk.DeleteDeploymentAsync(request, old.Deployment.Id, cancellationToken).ConfigureAwait(false);
            changed = true;
        }

        return changed ? await _desk.LoadAsync(appId, cancellationToken).ConfigureAwait(false) : app;
    }

    private async Task<bool> EndAsync(EnclaveDeploymentView view, CancellationToken cancellationToken)
    {
        if (!view.HasFinalizer)
            return false;
        if (!await _desk.DeleteAppAsync(_namespace, view.Name, view.Uid, cancellationToken).ConfigureAwait(false))
            return true;
        foreach ((string appId, string name) in _nameOfApp)
        {
            if (name == view.Name && _nameOfApp.TryRemove(appId, out _))
                _seen.TryRemove(appId, out _);
        }

        await SetFinalizersAsync(view, [.. view.Finalizers.Split(' ').Where(static name => name != KubernetesNames.Finalizer)], cancellationToken).ConfigureAwait(false);
        return false;
    }

    private Task<object> SetFinalizersAsync(EnclaveDeploymentView view, IReadOnlyList<string> finalizers, CancellationToken cancellationToken) => _client.CustomObjects.PatchNamespacedCustomObjectAsync(
        new V1Patch(new JsonObject { ["metadata"] = new JsonObject { ["uid"] = view.Uid, ["finalizers"] = new JsonArray([.. finalizers.Select(static name => (JsonNode)name)]) } }.ToJsonString(), V1Patch.PatchType.MergePatch),
        KubernetesNames.Group, KubernetesNames.Version, _namespace, KubernetesNames.Plural, view.Name, fieldManager: KubernetesNames.FieldManager, cancellationToken: cancellationToken);

    private async Task WriteStatusAsync(
        EnclaveDeploymentView view, EnclaveSpec? spec, RequestRefusedException? refusal, AppSnapshot? app, string? deploymentId, int shares, CancellationToken cancellationToken)
    {
        EnclaveStatus? before = Read(view.Status);
        EnclaveStatus status = StatusView.Of(view.Generation, spec, refusal, app, deploymentId, shares, before?.Conditions ?? [], _time.GetUtcNow());
        JsonElement written = JsonSerializer.SerializeToElement(status, EnclaveStatusJson.Default.EnclaveStatus);
        if (before is not null && JsonSerializer.Serialize(before, EnclaveStatusJson.Default.EnclaveStatus) == written.GetRawText())
            return;
        var item = new JsonObject
        {
            ["apiVersion"] = $"{KubernetesNames.Group}/{KubernetesNames.Version}",
            ["kind"] = "EnclaveDeployment",
            ["metadata"] = new JsonObject { ["name"] = view.Name, ["namespace"] = _namespace, ["uid"] = view.Uid },
            ["status"] = JsonObject.Create(written),
        };
        await _client.CustomObjects.PatchNamespacedCustomObjectStatusAsync(
            new V1Patch(item.ToJsonString(), V1Patch.PatchType.ApplyPatch), KubernetesNames.Group, KubernetesNames.Version, _namespace, KubernetesNames.Plural, view.Name, fieldManager: KubernetesNames.FieldManager, force: true, cancellationToken: cancellationToken).ConfigureAwait(false);
        foreach (EnclaveCondition condition in status.Conditions.Where(c => before?.Conditions.FirstOrDefault(old => old.Type == c.Type) is not { } old || old.Status != c.Status || old.Reason != c.Reason))
            await _events.TellAsync(view, condition, cancellationToken).ConfigureAwait(false);
    }

    private static EnclaveStatus? Read(string? json)
    {
        try
        {
            return json is null ? null : JsonSerializer.Deserialize(json, EnclaveStatusJson.Default.EnclaveStatus);
        }
        catch (JsonException)
        {
            // Somebody else wrote it: it is written anew.
            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "EnclaveDeployment {Name}: {Why}")]
    private static partial void LogFailed(ILogger logger, string name, string why);
}
