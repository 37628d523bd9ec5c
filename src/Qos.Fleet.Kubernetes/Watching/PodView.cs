using System.Globalization;
using System.Net;
using k8s.Models;

namespace Qos.Fleet.Kubernetes;

/// <summary>What the runner needs to know of a pod, and no more: there may be thousands.</summary>
internal sealed record PodView(
    string Name,
    string Uid,
    string Owner,
    string OwnerUid,
    string? ReplicaId,
    string? DeploymentId,
    string? Address,
    bool HostRuns,
    bool IsGoing,
    bool HasEnded,
    bool IsReady,
    bool? IsVerified,
    string? Detail,
    string Published)
{
    /// <summary>The container whose readiness is the node's.</summary>
    public const string HostContainer = "host";

    /// <summary>Its number in the StatefulSet; -1 when its name has none.</summary>
    public int Ordinal => Name.StartsWith(Owner + "-", StringComparison.Ordinal)
        && int.TryParse(Name.AsSpan(Owner.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int ordinal) ? ordinal : -1;

    public static PodView Of(V1Pod pod)
    {
        V1OwnerReference? owner = pod.Metadata.OwnerReferences?.FirstOrDefault(static o => o.Controller == true && o.Kind == "StatefulSet");
        V1ContainerStatus? host = pod.Status?.ContainerStatuses?.FirstOrDefault(static c => c.Name == HostContainer);
        return new PodView(
            pod.Metadata.Name,
            pod.Metadata.Uid,
            owner?.Name ?? "",
            owner?.Uid ?? "",
            Label(pod, KubernetesNames.ReplicaLabel),
            Label(pod, KubernetesNames.DeploymentLabel),
            pod.Status?.PodIP is { Length: > 0 } ip ? ip : null,
            host?.State?.Running is not null && host.Started == true,
            pod.Metadata.DeletionTimestamp is not null,
            pod.Status?.Phase is "Failed" or "Succeeded",
            Condition(pod, "Ready")?.Status == "True",
            Condition(pod, KubernetesNames.VerifiedCondition) is { } gate ? gate.Status == "True" : null,
            Why(pod),
            string.Join(',', (pod.Spec?.Containers ?? []).SelectMany(static c => c.Ports ?? []).Where(static p => p.Name?.StartsWith("app-", StringComparison.Ordinal) == true)
                .Select(static p => string.Create(CultureInfo.InvariantCulture, $"{p.Name.AsSpan(4)}={p.ContainerPort}"))));
    }

    /// <summary>Where the app's ports are reached, by the manifest's port; empty while the pod has no address.</summary>
    public IReadOnlyDictionary<ushort, IPEndPoint> AppPorts()
    {
        var ports = new Dictionary<ushort, IPEndPoint>();
        if (!IPAddress.TryParse(Address, out IPAddress? address))
            return ports;
        foreach (string pair in Published.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] both = pair.Split('=');
            if (both is [var port, var at] && ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out ushort number) && ushort.TryParse(at, NumberStyles.None, CultureInfo.InvariantCulture, out ushort published))
                ports[number] = new IPEndPoint(address, published);
        }

        return ports;
    }

    private static string? Label(V1Pod pod, string name) => pod.Metadata.Labels is { } labels && labels.TryGetValue(name, out string? value) ? value : null;

    private static V1PodCondition? Condition(V1Pod pod, string type) => pod.Status?.Conditions?.FirstOrDefault(c => c.Type == type);

    // Evictions say it on the pod, the scheduler in a condition, the kubelet in a container that waits.
    private static string? Why(V1Pod pod)
    {
        if (pod.Status?.Reason is { Length: > 0 } reason)
            return $"{reason}: {pod.Status.Message}".TrimEnd(':', ' ');
        if (Condition(pod, "PodScheduled") is { Status: "False" } unscheduled)
            return $"not scheduled: {unscheduled.Message}";
        V1ContainerStatus? waits = pod.Status?.ContainerStatuses?.FirstOrDefault(static c => c.State?.Waiting?.Reason is not (null or "ContainerCreating" or "PodInitializing"));
        return waits is null ? null : $"its container {waits.Name}: {waits.State.Waiting.Reason} {waits.State.Waiting.Message}".TrimEnd();
    }
}
