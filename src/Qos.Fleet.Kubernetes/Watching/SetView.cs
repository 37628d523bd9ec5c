using k8s.Models;

namespace Qos.Fleet.Kubernetes;

/// <summary>What the runner needs to know of a StatefulSet.</summary>
internal sealed record SetView(string Name, string Uid, string? AppId, string? DeploymentId, int Replicas, string? Applied, bool IsGoing)
{
    public static SetView Of(V1StatefulSet set) => new(
        set.Metadata.Name,
        set.Metadata.Uid,
        set.Metadata.Labels is { } labels && labels.TryGetValue(KubernetesNames.AppLabel, out string? app) ? app : null,
        set.Metadata.Labels is { } more && more.TryGetValue(KubernetesNames.DeploymentLabel, out string? deployment) ? deployment : null,
        set.Spec.Replicas ?? 1,
        set.Metadata.Annotations is { } annotations && annotations.TryGetValue(KubernetesNames.AppliedAnnotation, out string? applied) ? applied : null,
        set.Metadata.DeletionTimestamp is not null);
}

/// <summary>What the runner needs to know of a Service: where it sends traffic, and which state of which object that is.</summary>
internal sealed record ServiceView(string Name, string Uid, string Version, string? AppId, string? Target, string? Applied)
{
    public static ServiceView Of(V1Service service) => new(
        service.Metadata.Name,
        service.Metadata.Uid,
        service.Metadata.ResourceVersion,
        service.Metadata.Labels is { } labels && labels.TryGetValue(KubernetesNames.AppLabel, out string? app) ? app : null,
        service.Spec.Selector is { } selector && selector.TryGetValue(KubernetesNames.DeploymentLabel, out string? target) ? target : null,
        service.Metadata.Annotations is { } annotations && annotations.TryGetValue(KubernetesNames.AppliedAnnotation, out string? applied) ? applied : null);
}
