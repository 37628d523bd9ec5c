namespace Qos.Protocol;

/// <summary>A manifest with its approvals: what a node is booted with. Format: docs/protocol/manifest.md, Envelope.</summary>
/// <param name="Manifest">The manifest that was approved.</param>
/// <param name="ManifestSetApprovals">Approvals by members of the manifest set, needed to boot.</param>
/// <param name="ShareSetApprovals">Approvals that came with shares; empty until provisioning.</param>
public sealed record ManifestEnvelope(
    Manifest Manifest,
    IReadOnlyList<Approval> ManifestSetApprovals,
    IReadOnlyList<Approval> ShareSetApprovals);
