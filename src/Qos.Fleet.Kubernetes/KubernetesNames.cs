namespace Qos.Fleet.Kubernetes;

/// <summary>Names of labels, conditions and kinds: they are part of the interface, and stay.</summary>
public static class KubernetesNames
{
    /// <summary>The API group of <c>EnclaveDeployment</c>.</summary>
    public const string Group = "fleet.qos";

    /// <summary>Its version.</summary>
    public const string Version = "v1alpha1";

    /// <summary>The plural of <c>EnclaveDeployment</c>, as in paths.</summary>
    public const string Plural = "enclavedeployments";

    /// <summary>The field manager of everything that the service applies.</summary>
    public const string FieldManager = "qos-control";

    /// <summary>The label of everything that a service makes: its fleet's name.</summary>
    public const string FleetLabel = "fleet.qos/fleet";

    /// <summary>The label with an app's id.</summary>
    public const string AppLabel = "fleet.qos/app";

    /// <summary>The label with a deployment's id.</summary>
    public const string DeploymentLabel = "fleet.qos/deployment";

    /// <summary>The label of a pod that a replica was bound to: the replica's id. A pod that Kubernetes made anew has none.</summary>
    public const string ReplicaLabel = "fleet.qos/replica";

    /// <summary>The annotation with the hash of what was applied, so that the same is not applied again.</summary>
    public const string AppliedAnnotation = "fleet.qos/applied";

    /// <summary>The readiness gate of a pod: true while the service holds the replica's document for verified and the app for well.</summary>
    public const string VerifiedCondition = "fleet.qos/verified";

    /// <summary>What keeps an EnclaveDeployment until its app is gone.</summary>
    public const string Finalizer = "fleet.qos/app";
}
