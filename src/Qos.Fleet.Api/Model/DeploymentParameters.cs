namespace Qos.Fleet.Api;

/// <summary>Names a deployment: promote, delete, restore.</summary>
public sealed record DeploymentParameters
{
    /// <summary>The deployment.</summary>
    public required string DeploymentId { get; init; }
}
