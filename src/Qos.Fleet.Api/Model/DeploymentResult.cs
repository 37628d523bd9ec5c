namespace Qos.Fleet.Api;

/// <summary>Names a deployment.</summary>
public sealed record DeploymentResult
{
    /// <summary>The deployment.</summary>
    public required string DeploymentId { get; init; }
}
