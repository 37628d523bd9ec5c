namespace Qos.Protocol;

/// <summary>
/// What the holders of a quorum key's shares ask an enclave for: new shares of the same key for another set, or, without <see cref="To"/>, a drill that
/// only shows that their shares still make the key. Format: docs/protocol/reshare.md, Request.
/// </summary>
public sealed record ReshareRequest
{
    /// <summary>Tells requests apart that are otherwise the same: a new one needs new approvals.</summary>
    public required uint Nonce { get; init; }

    /// <summary>The public key that the shares make, 130 bytes.</summary>
    public required ReadOnlyMemory<byte> QuorumKey { get; init; }

    /// <summary>Who holds shares now, and how many of them are needed. As many approve the request.</summary>
    public required MemberSet From { get; init; }

    /// <summary>Who gets new shares, and how many of them will be needed; null for a drill.</summary>
    public MemberSet? To { get; init; }

    /// <summary>A disaster-recovery public key that the seed is also encrypted to, or null.</summary>
    public ReadOnlyMemory<byte>? RecoveryKey { get; init; }

    /// <summary>PCR0 to PCR3 of the enclave that is asked, 48 bytes each. Those who give shares compare its document with them.</summary>
    public required IReadOnlyList<ReadOnlyMemory<byte>> Pcrs { get; init; }

    /// <summary>Whether nothing is made but a proof that the shares make the key.</summary>
    public bool IsDrill => To is null;
}
