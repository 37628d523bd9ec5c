using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Qos.Serialization;

namespace Qos.App;

/// <summary>
/// Where a chain of records stands: the last record's sequence and hash. Whoever knows a head can tell every history that was cut or changed before it.
/// Format: docs/verifiable-data.md, Records.
/// </summary>
public sealed record StateHead
{
    /// <summary>Bytes of a hash.</summary>
    public const int HashSize = 32;

    /// <summary>Makes a head.</summary>
    /// <param name="sequence">The last record's sequence, which begins at 1.</param>
    /// <param name="hash">Its hash, 32 bytes.</param>
    public StateHead(ulong sequence, ReadOnlyMemory<byte> hash)
    {
        ArgumentOutOfRangeException.ThrowIfZero(sequence);
        ArgumentOutOfRangeException.ThrowIfNotEqual(hash.Length, HashSize);
        Sequence = sequence;
        Hash = hash;
    }

    /// <summary>The last record's sequence.</summary>
    public ulong Sequence { get; }

    /// <summary>Its hash, 32 bytes.</summary>
    public ReadOnlyMemory<byte> Hash { get; }

    /// <summary>Reads <c>SEQUENCE:HASH</c>, as <see cref="ToString"/> writes it; false for everything else.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out StateHead? head)
    {
        head = null;
        if (text?.Split(':') is not [var number, { Length: 2 * HashSize } hash]
            || !ulong.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out ulong sequence) || sequence == 0)
            return false;
        try
        {
            head = new StateHead(sequence, Serialization.Hex.Decode(hash));

            // One text for each head: no leading zero, no other case.
            return head.ToString() == text;
        }
        catch (EncodingException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public bool Equals(StateHead? other) => other is not null && other.Sequence == Sequence && other.Hash.Span.SequenceEqual(Hash.Span);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Sequence, Hash.Span[0], Hash.Span[1], Hash.Span[2], Hash.Span[3]);

    /// <summary>For a proof's payload and for clients: <c>SEQUENCE:HASH</c>, in decimal and 64 lower-case hex digits.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Sequence}:{Serialization.Hex.Encode(Hash.Span)}");
}
