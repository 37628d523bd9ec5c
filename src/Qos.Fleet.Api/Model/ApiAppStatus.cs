namespace Qos.Fleet.Api;

/// <summary>An app at this moment.</summary>
public sealed record ApiAppStatus
{
    /// <summary>The app.</summary>
    public required string AppId { get; init; }

    /// <summary>Its deployments.</summary>
    public required IReadOnlyList<ApiDeploymentStatus> Deployments { get; init; }

    /// <summary>What gets the traffic; empty when nothing does.</summary>
    public required string TargetedDeploymentId { get; init; }

    /// <summary>The TCP port of a TCP app. Ours.</summary>
    public int? IngressPort { get; init; }
}
