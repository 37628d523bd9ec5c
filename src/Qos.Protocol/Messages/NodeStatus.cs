namespace Qos.Protocol;

/// <summary>What an operator wants to know of a node. Ours, JSON only. Format: docs/protocol/messages.md, Provisioning and The pivot ("Ours").</summary>
/// <param name="Phase">The node's phase.</param>
/// <param name="Shares">Whose shares are in; null when the node does not wait for shares.</param>
/// <param name="Pivot">The pivot's state; null before a boot.</param>
public sealed record NodeStatus(ProtocolPhase Phase, ShareStatus? Shares, PivotStatus? Pivot)
{
    /// <summary>The hash of the manifest that the node was booted with, 32 bytes; null before a boot.</summary>
    public ReadOnlyMemory<byte>? ManifestHash { get; init; }

    /// <summary>
    /// The ephemeral public key that the node publishes now, 130 bytes; null before a boot. It is new at each boot and changes once, at
    /// provisioning: with <see cref="ManifestHash"/> it tells a node from the one that was there before.
    /// </summary>
    public ReadOnlyMemory<byte>? EphemeralKey { get; init; }
}
