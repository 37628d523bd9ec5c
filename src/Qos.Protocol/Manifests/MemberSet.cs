namespace Qos.Protocol;

/// <summary>Members and how many of them are needed: the manifest set or the share set. Format: docs/protocol/manifest.md.</summary>
/// <param name="Threshold">How many members must act; at most as many as there are when valid.</param>
/// <param name="Members">The members in the manifest's order.</param>
public sealed record MemberSet(uint Threshold, IReadOnlyList<QuorumMember> Members);
