namespace Qos.Fleet.Api;

/// <summary>What was kept.</summary>
public sealed record CreateApprovalsResult
{
    /// <summary>The approvals.</summary>
    public required IReadOnlyList<string> ApprovalIds { get; init; }
}
