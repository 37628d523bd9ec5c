namespace Qos.Protocol;

/// <summary>One share of a recovery permutation, as old genesis outputs may carry. Format: docs/protocol/messages.md, Genesis.</summary>
/// <param name="Member">The member whose share it is.</param>
/// <param name="Shard">The share, encrypted to the member.</param>
public sealed record RecoveredMemberShard(QuorumMember Member, ReadOnlyMemory<byte> Shard);
