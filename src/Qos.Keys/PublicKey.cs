using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Qos.Native;
using Qos.Serialization;

namespace Qos.Keys;

/// <summary>
/// The public half of a key set: an encryption point, then a signing point, each 65 bytes uncompressed and on the curve.
/// Immutable. Format: docs/protocol/keys.md, Key set.
/// </summary>
public sealed class PublicKey : IEquatable<PublicKey>
{
    /// <summary>Bytes of a public key.</summary>
    public const int Size = 2 * PointSize;

    /// <summary>Bytes of each of its points.</summary>
    public const int PointSize = P256.PointSize;

    /// <summary>Bytes of a signature.</summary>
    public const int SignatureSize = P256.SignatureSize;

    private readonly byte[] _bytes;

    // The points were checked, or computed, by the caller.
    internal PublicKey(byte[] checkedBytes) => _bytes = checkedBytes;

    /// <summary>All 130 bytes.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>All 130 bytes, for a message that holds them.</summary>
    public ReadOnlyMemory<byte> Memory => _bytes;

    /// <summary>The 65 bytes that others encrypt to.</summary>
    public ReadOnlySpan<byte> EncryptionPoint => _bytes.AsSpan(0, PointSize);

    /// <summary>The 65 bytes that signatures verify under.</summary>
    public ReadOnlySpan<byte> SigningPoint => _bytes.AsSpan(PointSize);

    /// <summary>Reads 130 bytes and checks both points.</summary>
    /// <exception cref="KeyException">The length is wrong, or a point is not on the curve.</exception>
    public static PublicKey Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > Size)
            throw new KeyException(KeyError.EncodedPublicKeyTooLong);
        if (bytes.Length < Size)
            throw new KeyException(KeyError.EncodedPublicKeyTooShort);
        if (!P256.IsPoint(bytes[..PointSize]) || !P256.IsPoint(bytes[PointSize..]))
            throw new KeyException(KeyError.FailedToReadPublicKey);

        return new PublicKey(bytes.ToArray());
    }

    /// <summary>Reads 130 bytes and checks both points; false where <see cref="Parse"/> throws.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out PublicKey? key)
    {
        bool valid = bytes.Length == Size && P256.IsPoint(bytes[..PointSize]) && P256.IsPoint(bytes[PointSize..]);
        key = valid ? new PublicKey(bytes.ToArray()) : null;
        return valid;
    }

    /// <summary>Reads 260 hex digits, of either case, and checks both points.</summary>
    /// <exception cref="KeyException">The text is not hex, its length is wrong, or a point is not on the curve.</exception>
    public static PublicKey ParseHex(ReadOnlySpan<char> hex)
    {
        if (hex.Length > 2 * Size)
            throw new KeyException(KeyError.EncodedPublicKeyTooLong);

        byte[] bytes;
        try
        {
            bytes = Hex.Decode(hex);
        }
        catch (EncodingException refused)
        {
            throw new KeyException(KeyError.QosHex, $"A public key is 260 hex digits; this text is not: {refused.Message}", refused);
        }

        return Parse(bytes);
    }

    /// <summary>260 lower-case hex characters.</summary>
    public string ToHex() => Hex.Encode(_bytes);

    /// <summary>
    /// Whether <paramref name="signature"/> (64 bytes, r || s, both in [1, n-1]) over SHA-256 of <paramref name="message"/> is this
    /// key's. High and low s are both accepted. Format: docs/protocol/keys.md, Signatures.
    /// </summary>
    public bool Verify(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(message, digest);
        return EcdsaCurve.P256.Verify(SigningPoint, digest, signature);
    }

    /// <summary>Makes a public-key envelope that only this key's owner opens. Format: docs/protocol/keys.md, Public-key envelope.</summary>
    /// <exception cref="KeyException">The plaintext is larger than 256 MiB.</exception>
    public byte[] Encrypt(ReadOnlySpan<byte> plaintext, IRandomSource random)
    {
        ArgumentNullException.ThrowIfNull(random);
        return PublicKeyEnvelope.Seal(EncryptionPoint, plaintext, random);
    }

    /// <inheritdoc/>
    public bool Equals(PublicKey? other) => other is not null && Bytes.SequenceEqual(other.Bytes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as PublicKey);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.AddBytes(_bytes);
        return hash.ToHashCode();
    }

    /// <summary>The hex form.</summary>
    public override string ToString() => ToHex();
}
