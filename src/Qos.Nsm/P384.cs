using System.Formats.Asn1;
using System.Security.Cryptography;
using Qos.Native;

namespace Qos.Nsm;

/// <summary>Verifies ECDSA signatures on P-384 by public keys of certificates.</summary>
internal static class P384
{
    /// <summary>The length of an uncompressed point: 04 || x || y.</summary>
    public const int PointSize = 97;

    /// <summary>The length of r and of s.</summary>
    public const int ScalarSize = 48;

    /// <summary>The length of r || s.</summary>
    public const int SignatureSize = 2 * ScalarSize;

    // Made once, never changed, never freed: libcrypto only reads it.
    private static readonly nint s_group = LibCrypto.EC_GROUP_new_by_curve_name(LibCrypto.NID_secp384r1);

    /// <summary>
    /// Whether <paramref name="signature"/> (r || s) over <paramref name="digest"/> (48 bytes) is by <paramref name="point"/>. False as well
    /// for a point that is not on the curve and for numbers outside 1 to n - 1.
    /// </summary>
    public static unsafe bool Verify(ReadOnlySpan<byte> point, ReadOnlySpan<byte> digest, ReadOnlySpan<byte> signature)
    {
        if (point.Length != PointSize || point[0] != 4 || signature.Length != SignatureSize || digest.Length != ScalarSize)
            return false;

        nint decoded = 0, key = 0, numbers = 0;
        try
        {
            decoded = Required(LibCrypto.EC_POINT_new(s_group));
            fixed (byte* bytes = point)
            {
                if (LibCrypto.EC_POINT_oct2point(s_group, decoded, bytes, PointSize, 0) != 1)
                    return Refuse();
            }

            key = Required(LibCrypto.EC_KEY_new());
            if (LibCrypto.EC_KEY_set_group(key, s_group) != 1 || LibCrypto.EC_KEY_set_public_key(key, decoded) != 1)
                throw new CryptographicException("libcrypto could not hold a public key.");

            numbers = SignatureOf(signature);
            fixed (byte* bytes = digest)
                return LibCrypto.ECDSA_do_verify(bytes, digest.Length, numbers, key) == 1 || Refuse();
        }
        finally
        {
            LibCrypto.ECDSA_SIG_free(numbers);
            LibCrypto.EC_KEY_free(key);
            LibCrypto.EC_POINT_clear_free(decoded);
        }
    }

    /// <summary>Makes r || s, each of 48 bytes, of SEQUENCE { r, s } in strict DER.</summary>
    /// <exception cref="AsnContentException">It is not that.</exception>
    public static byte[] SignatureFromDer(ReadOnlyMemory<byte> encoded)
    {
        var outer = new AsnReader(encoded, AsnEncodingRules.DER);
        AsnReader numbers = outer.ReadSequence();
        outer.ThrowIfNotEmpty();
        byte[] signature = new byte[SignatureSize];
        ReadScalar(numbers, signature.AsSpan(0, ScalarSize));
        ReadScalar(numbers, signature.AsSpan(ScalarSize));
        numbers.ThrowIfNotEmpty();
        return signature;
    }

    private static void ReadScalar(AsnReader numbers, Span<byte> destination)
    {
        ReadOnlySpan<byte> number = numbers.ReadIntegerBytes().Span;
        if ((number[0] & 0x80) != 0)
            throw new AsnContentException("a number of the signature is negative");
        if (number[0] == 0)
            number = number[1..];
        if (number.Length > destination.Length)
            throw new AsnContentException("a number of the signature is too long");
        number.CopyTo(destination[^number.Length..]);
    }

    private static unsafe nint SignatureOf(ReadOnlySpan<byte> signature)
    {
        nint numbers = Required(LibCrypto.ECDSA_SIG_new());
        fixed (byte* bytes = signature)
        {
            nint r = LibCrypto.BN_bin2bn(bytes, ScalarSize, 0);
            nint s = LibCrypto.BN_bin2bn(bytes + ScalarSize, ScalarSize, 0);
            if (LibCrypto.ECDSA_SIG_set0(numbers, r, s) == 1)
                return numbers;

            LibCrypto.BN_clear_free(r);
            LibCrypto.BN_clear_free(s);
            LibCrypto.ECDSA_SIG_free(numbers);
            throw new CryptographicException("libcrypto could not hold a signature.");
        }
    }

    private static bool Refuse()
    {
        LibCrypto.ERR_clear_error();
        return false;
    }

    private static nint Required(nint pointer) => pointer != 0 ? pointer : throw new CryptographicException("libcrypto could not allocate.");
}
