namespace Qos.Fleet.Api;

/// <summary>The body of our query <c>plan_tvc_deployment</c>.</summary>
public sealed record PlanBody
{
    /// <summary>The organization.</summary>
    public required string OrganizationId { get; init; }

    /// <summary>As <c>create_tvc_deployment</c> would get them.</summary>
    public required CreateDeploymentParameters Parameters { get; init; }
}
