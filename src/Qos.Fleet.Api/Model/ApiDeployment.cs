namespace Qos.Fleet.Api;

/// <summary>A deployment.</summary>
public sealed record ApiDeployment
{
    /// <summary>The deployment.</summary>
    public required string Id { get; init; }

    /// <summary>The organization.</summary>
    public required string OrganizationId { get; init; }

    /// <summary>The app.</summary>
    public required string AppId { get; init; }

    /// <summary>Who approves.</summary>
    public required ApiOperatorSet ManifestSet { get; init; }

    /// <summary>Who holds shares.</summary>
    public required ApiOperatorSet ShareSet { get; init; }

    /// <summary>Its manifest.</summary>
    public required ApiManifest Manifest { get; init; }

    /// <summary>Who approved.</summary>
    public required IReadOnlyList<ApiManifestApproval> ManifestApprovals { get; init; }

    /// <summary>The enclave image.</summary>
    public required string QosVersion { get; init; }

    /// <summary>What it runs.</summary>
    public required ApiContainer PivotContainer { get; init; }

    /// <summary>When.</summary>
    public required ApiTimestamp CreatedAt { get; init; }

    /// <summary>When.</summary>
    public required ApiTimestamp UpdatedAt { get; init; }

    /// <summary>Whether it is to be gone.</summary>
    public required bool Delete { get; init; }

    /// <summary>Whether its output can be read.</summary>
    public required bool DebugMode { get; init; }

    /// <summary>CPUs of each replica.</summary>
    public uint? InstanceSizeCpus { get; init; }

    /// <summary>Memory of each replica in GiB.</summary>
    public uint? InstanceSizeRam { get; init; }
}
