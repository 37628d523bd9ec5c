namespace Qos.Fleet.Api;

/// <summary>Parameters of <c>create_tvc_deployment</c>. The last two are ours.</summary>
public sealed record CreateDeploymentParameters
{
    /// <summary>The app.</summary>
    public required string AppId { get; init; }

    /// <summary>The enclave image.</summary>
    public required string QosVersion { get; init; }

    /// <summary>The container image.</summary>
    public required string PivotContainerImageUrl { get; init; }

    /// <summary>The executable in it.</summary>
    public required string PivotPath { get; init; }

    /// <summary>Its arguments.</summary>
    public IReadOnlyList<string>? PivotArgs { get; init; }

    /// <summary>Its SHA-256, 64 hex digits, or <c>sha256:</c> and them.</summary>
    public required string ExpectedPivotDigest { get; init; }

    /// <summary>The manifest's nonce; the Unix time when left out.</summary>
    public uint? Nonce { get; init; }

    /// <summary>The registry's credentials, encrypted to the service's key.</summary>
    public string? PivotContainerEncryptedPullSecret { get; init; }

    /// <summary>Whether the app's output can be read.</summary>
    public bool? DebugMode { get; init; }

    /// <summary><c>TVC_HEALTH_CHECK_TYPE_HTTP</c> or <c>_GRPC</c>.</summary>
    public string? HealthCheckType { get; init; }

    /// <summary>The app's port for it.</summary>
    public uint HealthCheckPort { get; init; }

    /// <summary>The app's port for its users.</summary>
    public uint PublicIngressPort { get; init; }

    /// <summary>How many; three when left out.</summary>
    public uint? Replicas { get; init; }

    /// <summary>CPUs of each.</summary>
    public uint? InstanceSizeCpus { get; init; }

    /// <summary>Memory of each in GiB.</summary>
    public uint? InstanceSizeRam { get; init; }

    /// <summary>The app's environment.</summary>
    public IReadOnlyList<EnvironmentVariable>? PivotEnv { get; init; }

    /// <summary><c>HTTP</c>, or <c>TCP</c> for a port of its own.</summary>
    public string? IngressType { get; init; }
}
