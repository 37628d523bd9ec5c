namespace Qos.Protocol;

/// <summary>
/// Everything public that a genesis made. Stored and hashed in Borsh, fields in this order; the attestation document's
/// user_data is SHA-256 of those bytes. Format: docs/protocol/messages.md, Genesis.
/// </summary>
public sealed record GenesisOutput
{
    /// <summary>The set as requested.</summary>
    public required GenesisSet Set { get; init; }

    /// <summary>The disaster-recovery key as requested, or null.</summary>
    public ReadOnlyMemory<byte>? DrKey { get; init; }

    /// <summary>The new quorum public key, 130 bytes.</summary>
    public required ReadOnlyMemory<byte> QuorumKey { get; init; }

    /// <summary>One output per member, in the set's order.</summary>
    public required IReadOnlyList<GenesisMemberOutput> MemberOutputs { get; init; }

    /// <summary>Empty in what is made today.</summary>
    public IReadOnlyList<IReadOnlyList<RecoveredMemberShard>> RecoveryPermutations { get; init; } = [];

    /// <summary>The seed encrypted to <see cref="DrKey"/>, or null without one.</summary>
    public ReadOnlyMemory<byte>? DrKeyWrappedQuorumKey { get; init; }

    /// <summary>SHA-512 of the seed's 64 hex characters, 64 bytes.</summary>
    public required ReadOnlyMemory<byte> QuorumKeyHash { get; init; }

    /// <summary>The test message encrypted to the quorum key.</summary>
    public required ReadOnlyMemory<byte> TestMessageCiphertext { get; init; }

    /// <summary>The test message signed by the quorum key, 64 bytes.</summary>
    public required ReadOnlyMemory<byte> TestMessageSignature { get; init; }

    /// <summary>The test message, <c>qos-test-message</c>.</summary>
    public required ReadOnlyMemory<byte> TestMessage { get; init; }
}
