namespace Qos.Protocol;

/// <summary>A member's signature over a manifest's hash; equal when all bytes are. Format: docs/protocol/manifest.md, Envelope.</summary>
/// <param name="Signature">64 bytes when valid: the 32 bytes of the manifest hash are the signed message.</param>
/// <param name="Member">Who signed.</param>
public sealed record Approval(ReadOnlyMemory<byte> Signature, QuorumMember Member)
{
    /// <summary>Compares signature and member by content.</summary>
    public bool Equals(Approval? other) =>
        other is not null && Signature.Span.SequenceEqual(other.Signature.Span) && Member.Equals(other.Member);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(Signature.Span);
        hash.Add(Member);
        return hash.ToHashCode();
    }
}
