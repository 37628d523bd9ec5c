namespace Qos.Fleet.Api;

/// <summary>The members of all answers to queries; each has those it needs.</summary>
public sealed record ApiAnswer
{
    /// <summary>An activity.</summary>
    public ApiActivity? Activity { get; init; }

    /// <summary>Activities.</summary>
    public IReadOnlyList<ApiActivity>? Activities { get; init; }

    /// <summary>Apps.</summary>
    public IReadOnlyList<ApiApp>? TvcApps { get; init; }

    /// <summary>An app.</summary>
    public ApiApp? TvcApp { get; init; }

    /// <summary>Deployments.</summary>
    public IReadOnlyList<ApiDeployment>? TvcDeployments { get; init; }

    /// <summary>A deployment.</summary>
    public ApiDeployment? TvcDeployment { get; init; }

    /// <summary>An app's status.</summary>
    public ApiAppStatus? AppStatus { get; init; }

    /// <summary>The setup document of the replica that waits for shares.</summary>
    public byte[]? AttestationDocument { get; init; }

    /// <summary>What it was booted with.</summary>
    public byte[]? ManifestEnvelope { get; init; }

    /// <summary>Where a deployment stands.</summary>
    public string? ProvisioningState { get; init; }

    /// <summary>Lines.</summary>
    public IReadOnlyList<ApiLogEntry>? Entries { get; init; }

    /// <summary>Operators.</summary>
    public IReadOnlyList<ApiOperator>? TvcOperators { get; init; }

    /// <summary>Hosted quorum keys: none.</summary>
    public IReadOnlyList<string>? TvcQuorumKeys { get; init; }

    /// <summary>Enclave images.</summary>
    public IReadOnlyList<string>? AvailableVersions { get; init; }

    /// <summary>The newest.</summary>
    public string? LatestVersion { get; init; }

    /// <summary>The enclave images with their measurements. Ours.</summary>
    public IReadOnlyList<ApiImage>? Images { get; init; }

    /// <summary>The root that the service holds documents against, hex of its DER. Ours.</summary>
    public string? AwsRootCertificate { get; init; }

    /// <summary>The key that pull secrets are encrypted to, hex. Ours.</summary>
    public string? PullSecretPublicKey { get; init; }

    /// <summary>An image's digest.</summary>
    public string? ResolvedImageDigest { get; init; }

    /// <summary>A proof.</summary>
    public ApiBootProof? BootProof { get; init; }

    /// <summary>What a deployment would be. Ours.</summary>
    public ApiPlan? Plan { get; init; }
}
