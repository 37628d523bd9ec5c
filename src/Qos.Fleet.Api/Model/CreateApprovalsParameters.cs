namespace Qos.Fleet.Api;

/// <summary>Parameters of <c>create_tvc_manifest_approvals</c>.</summary>
public sealed record CreateApprovalsParameters
{
    /// <summary>The manifest.</summary>
    public required string ManifestId { get; init; }

    /// <summary>The approvals.</summary>
    public required IReadOnlyList<ManifestApprovalParameters> Approvals { get; init; }
}
