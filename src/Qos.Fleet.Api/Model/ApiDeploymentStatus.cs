namespace Qos.Fleet.Api;

/// <summary>A deployment at this moment. What is after the provisioning state is ours.</summary>
public sealed record ApiDeploymentStatus
{
    /// <summary>The deployment.</summary>
    public required string DeploymentId { get; init; }

    /// <summary>How many are ready.</summary>
    public required int ReadyReplicas { get; init; }

    /// <summary>How many are wanted.</summary>
    public required int DesiredReplicas { get; init; }

    /// <summary>When something last changed.</summary>
    public required ApiTimestamp LastUpdatedTime { get; init; }

    /// <summary><c>PROVISIONING_STATE_PENDING</c>, <c>_AWAITING_PROVISION</c> or <c>_PROVISIONED</c>.</summary>
    public string? ProvisioningState { get; init; }

    /// <summary>Aliases that have not approved, while the threshold is not reached.</summary>
    public IReadOnlyList<string>? ApprovalsMissing { get; init; }

    /// <summary>How many more approvals are enough; left out when the threshold is reached.</summary>
    public int? ApprovalsWanted { get; init; }

    /// <summary>Who is asked for a share; left out when nobody is.</summary>
    public IReadOnlyList<ApiShareHolder>? ShareHolders { get; init; }

    /// <summary>How many more shares are enough; left out when nobody is asked for one.</summary>
    public int? SharesWanted { get; init; }

    /// <summary>The replicas.</summary>
    public IReadOnlyList<ApiReplica>? Replicas { get; init; }

    /// <summary>Whether it is to be gone.</summary>
    public bool? Delete { get; init; }
}
