namespace Qos.Protocol;

/// <summary>What an operator wants to know of a node. Ours, JSON only. Specification: protocol, Provisioning and The pivot ("Ours").</summary>
/// <param name="Phase">The node's phase.</param>
/// <param name="Shares">Whose shares are in; null when the node does not wait for shares.</param>
/// <param name="Pivot">The pivot's state; null before a boot.</param>
public sealed record NodeStatus(ProtocolPhase Phase, ShareStatus? Shares, PivotStatus? Pivot);
