using System.Diagnostics.CodeAnalysis;
using System.Formats.Asn1;
using System.Security.Cryptography;
using Qos.Native;
using Qos.Serialization;

namespace Qos.Keys;

/// <summary>
/// A point of P-256 that signatures verify under, of a key that is no key set: a browser's, a service account's. Immutable. Format: docs/protocol/keys.md, Signatures.
/// </summary>
public sealed class VerifyingKey
{
    /// <summary>Bytes of the compressed form.</summary>
    public const int CompressedSize = 33;

    private readonly byte[] _point;

    private VerifyingKey(byte[] point) => _point = point;

    /// <summary>Reads a point in SEC1's compressed form (33 bytes) or uncompressed (65); false unless it is on the curve.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out VerifyingKey? key)
    {
        byte[] point = new byte[P256.PointSize];
        bool valid = bytes.Length == CompressedSize ? EcdsaCurve.P256.TryDecompress(bytes, point) : P256.IsPoint(bytes);
        if (valid && bytes.Length != CompressedSize)
            bytes.CopyTo(point);
        key = valid ? new VerifyingKey(point) : null;
        return valid;
    }

    /// <summary>The compressed form: 66 lower-case hex digits.</summary>
    public string ToHex() => ((_point[^1] & 1) == 0 ? "02" : "03") + Hex.Encode(_point.AsSpan(1, P256.ScalarSize));

    /// <summary>Whether a signature (DER, as most libraries write it) over SHA-256 of a message is this key's. High and low s are both accepted.</summary>
    public bool VerifyDer(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        Span<byte> plain = stackalloc byte[P256.SignatureSize];
        if (!TryReadDer(signature, plain))
            return false;
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(message, digest);
        return EcdsaCurve.P256.Verify(_point, digest, plain);
    }

    private static bool TryReadDer(ReadOnlySpan<byte> der, Span<byte> plain)
    {
        // Two numbers of at most 33 bytes, and their tags.
        if (der.Length > 72)
            return false;
        try
        {
            var outer = new AsnReader(der.ToArray(), AsnEncodingRules.DER);
            AsnReader numbers = outer.ReadSequence();
            outer.ThrowIfNotEmpty();
            bool read = TryWrite(numbers.ReadIntegerBytes().Span, plain[..P256.ScalarSize]) && TryWrite(numbers.ReadIntegerBytes().Span, plain[P256.ScalarSize..]);
            numbers.ThrowIfNotEmpty();
            return read;
        }
        catch (AsnContentException)
        {
            return false;
        }
    }

    // DER puts a zero before a number whose first bit is set; without it the number is negative.
    private static bool TryWrite(ReadOnlySpan<byte> number, Span<byte> bigEndian)
    {
        if ((number[0] & 0x80) != 0)
            return false;
        if (number.Length > 1 && number[0] == 0)
            number = number[1..];
        if (number.Length > bigEndian.Length)
            return false;
        bigEndian.Clear();
        number.CopyTo(bigEndian[^number.Length..]);
        return true;
    }
}
