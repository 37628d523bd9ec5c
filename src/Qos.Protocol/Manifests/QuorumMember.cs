namespace Qos.Protocol;

/// <summary>A member of a set: equal when alias and key bytes are. Format: docs/protocol/manifest.md.</summary>
/// <param name="Alias">The name given to the member; not authenticated by itself.</param>
/// <param name="PubKey">The member's public key, 130 bytes when valid.</param>
public sealed record QuorumMember(string Alias, ReadOnlyMemory<byte> PubKey)
{
    /// <summary>Compares alias (ordinal) and key by content.</summary>
    public bool Equals(QuorumMember? other) =>
        other is not null && Alias == other.Alias && PubKey.Span.SequenceEqual(other.PubKey.Span);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(Alias);
        hash.AddBytes(PubKey.Span);
        return hash.ToHashCode();
    }
}
