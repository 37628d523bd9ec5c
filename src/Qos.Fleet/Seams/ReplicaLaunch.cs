namespace Qos.Fleet;

/// <summary>What a runner needs to know to start a replica. Nothing in it is a secret.</summary>
public sealed record ReplicaLaunch
{
    /// <summary>The replica.</summary>
    public required string ReplicaId { get; init; }

    /// <summary>Its deployment.</summary>
    public required string DeploymentId { get; init; }

    /// <summary>Its app.</summary>
    public required string AppId { get; init; }

    /// <summary>Its place in the deployment, from 0.</summary>
    public required int Slot { get; init; }

    /// <summary>The enclave image to boot, by the name that the service knows it under.</summary>
    public required string QosVersion { get; init; }

    /// <summary>The app's ports, as the manifest has them, to be reachable from the ingress.</summary>
    public required IReadOnlyList<ushort> Ports { get; init; }

    /// <summary>Whether the app's output is wanted.</summary>
    public bool DebugMode { get; init; }

    /// <summary>CPUs; null for the runner's default.</summary>
    public int? Cpus { get; init; }

    /// <summary>Memory in GiB; null for the runner's default.</summary>
    public int? RamGib { get; init; }
}
