using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using k8s;
using k8s.Autorest;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace Qos.Fleet.Kubernetes;

/// <summary>
/// The objects of a fleet in its namespace: followed, and applied when they differ from what is wanted, server-side, under the service's own field manager.
/// A write that the API server takes late, when another service leads, changes no object that the writer did not see: each names the object by its uid, and
/// one that sends an app's traffic elsewhere the state that it changes. What a late one makes, or sets to another size, the next look of the service that
/// leads sets right.
/// </summary>
internal sealed class ClusterObjects : IAsyncDisposable
{
    private const int Page = 500;
    private readonly k8s.Kubernetes _client;
    private readonly KubernetesRunnerOptions _options;
    private readonly ConcurrentDictionary<string, string> _applied = new(StringComparer.Ordinal);
    private string? _policyVersion;

    public ClusterObjects(k8s.Kubernetes client, KubernetesRunnerOptions options, TimeProvider time, ILogger logger)
    {
        (_client, _options) = (client, options);
        string mine = $"{KubernetesNames.FleetLabel}={options.Fleet}";
        Pods = new(
            "pods",
            async (more, token) => await client.CoreV1.ListNamespacedPodAsync(options.Namespace, continueParameter: more, labelSelector: mine, limit: Page, cancellationToken: token).ConfigureAwait(false),
            (version, token) => WatchStream.ReadAsync(client, $"api/v1/namespaces/{options.Namespace}/pods", mine, version, static item => KubernetesJson.Deserialize<V1Pod>(item), time, token),
            PodView.Of,
            time,
            logger);
        Sets = new(
            "StatefulSets",
            async (more, token) => await client.AppsV1.ListNamespacedStatefulSetAsync(options.Namespace, continueParameter: more, labelSelector: mine, limit: Page, cancellationToken: token).ConfigureAwait(false),
            (version, token) => WatchStream.ReadAsync(client, $"apis/apps/v1/namespaces/{options.Namespace}/statefulsets", mine, version, static item => KubernetesJson.Deserialize<V1StatefulSet>(item), time, token),
            SetView.Of,
            time,
            logger);
        Services = new(
            "Services",
            async (more, token) => await client.CoreV1.ListNamespacedServiceAsync(options.Namespace, continueParameter: more, labelSelector: mine, limit: Page, cancellationToken: token).ConfigureAwait(false),
            (version, token) => WatchStream.ReadAsync(client, $"api/v1/namespaces/{options.Namespace}/services", mine, version, static item => KubernetesJson.Deserialize<V1Service>(item), time, token),
            ServiceView.Of,
            time,
            logger);
    }

    public Informer<V1Pod, V1PodList, PodView> Pods { get; }

    public Informer<V1StatefulSet, V1StatefulSetList, SetView> Sets { get; }

    public Informer<V1Service, V1ServiceList, ServiceView> Services { get; }

    /// <summary>Follows, from the first call on.</summary>
    public async Task ReadyAsync(CancellationToken cancellationToken)
    {
        await Sets.ReadyAsync(cancellationToken).ConfigureAwait(false);
        await Pods.ReadyAsync(cancellationToken).ConfigureAwait(false);
        await Services.ReadyAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A deployment's StatefulSet with what stands around its pods, applied where it differs.</summary>
    public async Task ApplySetAsync(Deployment deployment, int replicas, CancellationToken cancellationToken)
    {
        string name = ReplicaPods.Name(deployment.Id);
        SetView? there = Sets.Known.GetValueOrDefault(name);
        string wanted = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{deployment.Id}/{replicas}");

        // Nothing to make anew as long as nobody changed what was applied.
        if (there is { IsGoing: false } && there.Replicas == replicas && there.Applied is not null && _applied.GetValueOrDefault(name) == wanted + there.Applied)
            return;
        if (there is { IsGoing: true })
            return;
        V1StatefulSet set = ReplicaPods.Set(_options, deployment, replicas);
        string hash = Annotate(set.Metadata, set);
        if (there?.Applied != hash || there.Replicas != replicas)
        {
            set.Metadata.Uid = there?.Uid;
            try
            {
                V1StatefulSet written = await _client.AppsV1.PatchNamespacedStatefulSetAsync(
                    Patch(set), name, _options.Namespace, fieldManager: KubernetesNames.FieldManager, force: true, cancellationToken: cancellationToken).ConfigureAwait(false);
                Sets.Learn(written);
                there = SetView.Of(written);
            }
            catch (HttpOperationException e) when (e.Response.StatusCode == HttpStatusCode.Conflict && there is not null)
            {
                // Gone, or another one by now: the watch tells.
                return;
            }
        }

        var owner = new V1OwnerReference { ApiVersion = "apps/v1", Kind = "StatefulSet", Name = name, Uid = there.Uid };
        await ApplyAsync(AroundPods.Policy(_options, deployment, owner), "networking.k8s.io", "v1", "networkpolicies", name, cancellationToken).ConfigureAwait(false);
        string version = await PolicyVersionAsync(cancellationToken).ConfigureAwait(false);
        await ApplyAsync(AroundPods.Budget(_options, deployment, owner, "policy/" + version, replicas), "policy", version, "poddisruptionbudgets", name, cancellationToken).ConfigureAwait(false);
        _applied[name] = wanted + hash;
    }

    /// <summary>Deletes a StatefulSet; its pods, policy and budget go with it.</summary>
    public async Task DeleteSetAsync(SetView set, CancellationToken cancellationToken)
    {
        try
        {
            await _client.AppsV1.DeleteNamespacedStatefulSetAsync(
                set.Name, _options.Namespace, new V1DeleteOptions { Preconditions = new V1Preconditions { Uid = set.Uid }, PropagationPolicy = "Background" }, cancellationToken: cancellationToken).ConfigureAwait(false);
        }
        catch (HttpOperationException e) when (e.Response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Conflict)
        {
            // Gone, or another one by now: the watch tells.
        }

        _applied.TryRemove(set.Name, out _);
    }

    /// <summary>An app's Service, which sends traffic to the live deployment.</summary>
    /// <exception cref="RunnerException">A Service of that name belongs to somebody else.</exception>
    public async Task ApplyServiceAsync(FleetApp app, Deployment live, CancellationToken cancellationToken)
    {
        string name = ServiceName(app);
        ServiceView? there = Services.Known.GetValueOrDefault(name);
        if (there is not null && there.AppId != app.Id)
            throw new RunnerException($"the Service {name} belongs to the app {there.AppId}: an app of another name gets one of its own");
        V1Service service = AroundPods.Service(_options, app, live, name);
        string hash = Annotate(service.Metadata, service);
        if (there?.Applied == hash && there.Target == live.Id)
            return;
        if (there is null)
        {
            try
            {
                // Made, not applied: what another manager has under that name is not taken over.
                Services.Learn(await _client.CoreV1.CreateNamespacedServiceAsync(service, _options.Namespace, fieldManager: KubernetesNames.FieldManager, cancellationToken: cancellationToken).ConfigureAwait(false));
                return;
            }
            catch (HttpOperationException e) when (e.Response.StatusCode == HttpStatusCode.Conflict)
            {
                throw new RunnerException($"there is a Service {name} that this fleet did not make: rename it, or the app", e);
            }
        }

        (service.Metadata.Uid, service.Metadata.ResourceVersion) = (there.Uid, there.Version);
        try
        {
            Services.Learn(await _client.CoreV1.PatchNamespacedServiceAsync(
                Patch(service), name, _options.Namespace, fieldManager: KubernetesNames.FieldManager, force: true, cancellationToken: cancellationToken).ConfigureAwait(false));
        }
        catch (HttpOperationException e) when (e.Response.StatusCode == HttpStatusCode.Conflict)
        {
            // Gone, or changed since it was seen: the watch tells, and the next look writes.
        }
    }

    /// <summary>Deletes an app's Service, this one and no later one of its name.</summary>
    public async Task DeleteServiceAsync(ServiceView service, CancellationToken cancellationToken)
    {
        try
        {
            await _client.CoreV1.DeleteNamespacedServiceAsync(
                service.Name, _options.Namespace, new V1DeleteOptions { Preconditions = new V1Preconditions { Uid = service.Uid } }, cancellationToken: cancellationToken).ConfigureAwait(false);
        }
        catch (HttpOperationException e) when (e.Response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Conflict)
        {
            // Gone, or another one by now: the watch tells.
        }
        catch (System.Text.Json.JsonException)
        {
            // Deleted: old servers answer with a Status in the place of the Service.
        }
    }

    /// <summary>Binds a pod that no replica has to one. The pod's uid is part of the patch: another pod of that name refuses it.</summary>
    public async Task BindAsync(PodView pod, string replicaId, CancellationToken cancellationToken)
    {
        var patch = new JsonObject { ["metadata"] = new JsonObject { ["uid"] = pod.Uid, ["labels"] = new JsonObject { [KubernetesNames.ReplicaLabel] = replicaId } } };
        Pods.Learn(await _client.CoreV1.PatchNamespacedPodAsync(
            new V1Patch(patch.ToJsonString(), V1Patch.PatchType.MergePatch), pod.Name, _options.Namespace, fieldManager: KubernetesNames.FieldManager, cancellationToken: cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Says on a pod whether the service vouches for its replica.</summary>
    public async Task VouchAsync(PodView pod, bool verified, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var condition = new JsonObject
        {
            ["type"] = KubernetesNames.VerifiedCondition,
            ["status"] = verified ? "True" : "False",
            ["reason"] = verified ? "DocumentVerified" : "NotReady",
            ["lastTransitionTime"] = now.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture),
        };
        var patch = new JsonObject
        {
            ["metadata"] = new JsonObject { ["uid"] = pod.Uid },
            ["status"] = new JsonObject { ["conditions"] = new JsonArray(condition) },
        };
        Pods.Learn(await _client.CoreV1.PatchNamespacedPodStatusAsync(
            new V1Patch(patch.ToJsonString(), V1Patch.PatchType.StrategicMergePatch), pod.Name, _options.Namespace, fieldManager: KubernetesNames.FieldManager, cancellationToken: cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Deletes a pod, this one and no later one of its name.</summary>
    public async Task DeletePodAsync(PodView pod, CancellationToken cancellationToken)
    {
        try
        {
            // One that serves drains; one that does not has nothing to finish.
            await _client.CoreV1.DeleteNamespacedPodAsync(
                pod.Name,
                _options.Namespace,
                new V1DeleteOptions { Preconditions = new V1Preconditions { Uid = pod.Uid }, GracePeriodSeconds = pod.IsReady ? null : 1 },
                cancellationToken: cancellationToken).ConfigureAwait(false);
        }
        catch (HttpOperationException e) when (e.Response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Conflict)
        {
            // Gone, or another one by now: the watch tells.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Pods.DisposeAsync().ConfigureAwait(false);
        await Sets.DisposeAsync().ConfigureAwait(false);
        await Services.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>The Service of an app: its name where that can be one.</summary>
    public static string ServiceName(FleetApp app) =>
        app.Name.Length is > 0 and <= 63 && char.IsAsciiLetterLower(app.Name[0]) && app.Name[^1] != '-' && app.Name.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-')
            ? app.Name
            : $"app-{app.Id.Replace("-", "", StringComparison.Ordinal)[^12..]}";

    private Task<object> ApplyAsync(object item, string group, string version, string plural, string name, CancellationToken cancellationToken) =>
        _client.CustomObjects.PatchNamespacedCustomObjectAsync(
            Patch(item), group, version, _options.Namespace, plural, name, fieldManager: KubernetesNames.FieldManager, force: true, cancellationToken: cancellationToken);

    private async Task<string> PolicyVersionAsync(CancellationToken cancellationToken) =>
        _policyVersion ??= (await _client.Apis.GetAPIVersionsAsync(cancellationToken).ConfigureAwait(false)).Groups
            .FirstOrDefault(static group => group.Name == "policy")?.Versions.Any(static version => version.Version == "v1") == true ? "v1" : "v1beta1";

    private static V1Patch Patch(object item) => new(KubernetesJson.Serialize(item), V1Patch.PatchType.ApplyPatch);

    private static string Annotate(V1ObjectMeta metadata, object item)
    {
        string hash = "h-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(KubernetesJson.Serialize(item))))[..16];
        metadata.Annotations = new Dictionary<string, string>(StringComparer.Ordinal) { [KubernetesNames.AppliedAnnotation] = hash };
        return hash;
    }
}
