using Qos.Protocol;

namespace Qos.Fleet;

/// <summary>A deployment with what its operators gave.</summary>
/// <param name="Deployment">The deployment.</param>
/// <param name="Approvals">The approvals of its manifest.</param>
/// <param name="Shares">The shares that were posted and did not reach their replica yet, or were refused.</param>
/// <param name="LastAttempts">By slot, of the replica that was there before: how many had failed in a row with it, and when it ended.</param>
public sealed record DeploymentSnapshot(
    Deployment Deployment,
    IReadOnlyList<StoredApproval> Approvals,
    IReadOnlyList<ProvisioningShare> Shares,
    IReadOnlyDictionary<int, SlotHistory> LastAttempts)
{
    /// <summary>Whether as many members approved as the manifest asks for.</summary>
    public bool IsApproved => (uint)Approvals.Count >= Deployment.Manifest.ManifestSet.Threshold;

    /// <summary>What its nodes are booted with.</summary>
    public ManifestEnvelope Envelope() => new(Deployment.Manifest, [.. Approvals.Select(static approval => approval.ToApproval())], []);
}
