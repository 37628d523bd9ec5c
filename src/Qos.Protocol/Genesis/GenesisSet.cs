namespace Qos.Protocol;

/// <summary>For whom a genesis makes shares. Format: docs/protocol/messages.md, Genesis.</summary>
/// <param name="Members">Who gets a share, in order.</param>
/// <param name="Threshold">How many shares make the key again.</param>
public sealed record GenesisSet(IReadOnlyList<QuorumMember> Members, uint Threshold);
