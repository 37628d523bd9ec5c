using k8s.Models;

namespace Qos.Fleet.Kubernetes;

/// <summary>What stands around a deployment's pods: who may reach them, how many may be taken away at once, and the app's Service.</summary>
internal static class AroundPods
{
    /// <summary>
    /// Only the control service reaches the control port; apps' ports are reached from the namespaces that the options name, and by the control service,
    /// which asks whether the app is well. Probes come from the node, which no policy stops.
    /// </summary>
    public static V1NetworkPolicy Policy(KubernetesRunnerOptions options, Deployment deployment, V1OwnerReference owner)
    {
        var control = new V1NetworkPolicyPeer { PodSelector = new V1LabelSelector { MatchLabels = options.ControlLabels.ToDictionary() } };
        var apps = new V1NetworkPolicyPeer
        {
            NamespaceSelector = options.IngressNamespaces.Count == 0 ? new V1LabelSelector() : new V1LabelSelector { MatchLabels = options.IngressNamespaces.ToDictionary() },
        };
        List<V1NetworkPolicyPort> ports = [.. deployment.Ports.Select(static port => Port(ReplicaPods.PortName(port)))];
        return new V1NetworkPolicy
        {
            ApiVersion = "networking.k8s.io/v1",
            Kind = "NetworkPolicy",
            Metadata = Metadata(options, deployment, owner),
            Spec = new V1NetworkPolicySpec
            {
                PodSelector = Selector(options, deployment),
                PolicyTypes = ["Ingress"],
                Ingress =
                [
                    new V1NetworkPolicyIngressRule { FromProperty = [control], Ports = [Port("control"), Port("health"), .. ports] },
                    new V1NetworkPolicyIngressRule { FromProperty = [apps], Ports = ports },
                ],
            },
        };
    }

    /// <summary>
    /// All but one stay, and the last one always: evicting the only replica with the key would wake the share holders. <c>version</c> is what the
    /// cluster has: policy/v1, or v1beta1 before 1.21, with the same members.
    /// </summary>
    public static V1PodDisruptionBudget Budget(KubernetesRunnerOptions options, Deployment deployment, V1OwnerReference owner, string version, int replicas) => new()
    {
        ApiVersion = version,
        Kind = "PodDisruptionBudget",
        Metadata = Metadata(options, deployment, owner),
        Spec = new V1PodDisruptionBudgetSpec { MinAvailable = Math.Max(1, replicas - 1), Selector = Selector(options, deployment) },
    };

    /// <summary>An app's Service: promoting another deployment is one change of its selector.</summary>
    public static V1Service Service(KubernetesRunnerOptions options, FleetApp app, Deployment live, string name) => new()
    {
        ApiVersion = "v1",
        Kind = "Service",
        Metadata = new V1ObjectMeta
        {
            Name = name,
            NamespaceProperty = options.Namespace,
            Labels = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["app.kubernetes.io/managed-by"] = KubernetesNames.FieldManager,
                [KubernetesNames.FleetLabel] = options.Fleet,
                [KubernetesNames.AppLabel] = app.Id,
            },
        },
        Spec = new V1ServiceSpec
        {
            Selector = new Dictionary<string, string>(StringComparer.Ordinal) { [KubernetesNames.FleetLabel] = options.Fleet, [KubernetesNames.DeploymentLabel] = live.Id },
            Ports = [.. live.Ports.Select(static port => new V1ServicePort { Name = ReplicaPods.PortName(port), Port = port, Protocol = "TCP", TargetPort = ReplicaPods.PortName(port) })],
        },
    };

    private static V1NetworkPolicyPort Port(string name) => new() { Port = name, Protocol = "TCP" };

    private static V1LabelSelector Selector(KubernetesRunnerOptions options, Deployment deployment) => new()
    {
        MatchLabels = new Dictionary<string, string>(StringComparer.Ordinal) { [KubernetesNames.FleetLabel] = options.Fleet, [KubernetesNames.DeploymentLabel] = deployment.Id },
    };

    private static V1ObjectMeta Metadata(KubernetesRunnerOptions options, Deployment deployment, V1OwnerReference owner) => new()
    {
        Name = ReplicaPods.Name(deployment.Id),
        NamespaceProperty = options.Namespace,
        Labels = ReplicaPods.Labels(options.Fleet, deployment.AppId, deployment.Id),
        OwnerReferences = [owner],
    };
}
