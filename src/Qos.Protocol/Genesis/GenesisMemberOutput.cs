namespace Qos.Protocol;

/// <summary>What a genesis made for one member. Format: docs/protocol/messages.md, Genesis.</summary>
/// <param name="ShareSetMember">The member.</param>
/// <param name="EncryptedQuorumKeyShare">The share, encrypted to the member's key.</param>
/// <param name="ShareHash">SHA-512 of the plain share, 64 bytes.</param>
public sealed record GenesisMemberOutput(
    QuorumMember ShareSetMember,
    ReadOnlyMemory<byte> EncryptedQuorumKeyShare,
    ReadOnlyMemory<byte> ShareHash);
