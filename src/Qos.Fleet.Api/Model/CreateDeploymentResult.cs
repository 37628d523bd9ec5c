namespace Qos.Fleet.Api;

/// <summary>What was made.</summary>
public sealed record CreateDeploymentResult
{
    /// <summary>The deployment.</summary>
    public required string DeploymentId { get; init; }

    /// <summary>Its manifest.</summary>
    public required string ManifestId { get; init; }
}
