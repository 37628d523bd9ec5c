namespace Qos.Native;

/// <summary>A NIST curve of libcrypto, and the verification of ECDSA signatures on it.</summary>
internal sealed class EcdsaCurve
{
    private EcdsaCurve(int nid, int scalarSize)
    {
        Group = LibCrypto.Require(LibCrypto.EC_GROUP_new_by_curve_name(nid));
        ScalarSize = scalarSize;
    }

    /// <summary>NIST P-256, on which key sets sign.</summary>
    internal static EcdsaCurve P256 { get; } = new(LibCrypto.NID_X9_62_prime256v1, 32);

    /// <summary>NIST P-384, on which Nitro's certificates and documents are signed.</summary>
    internal static EcdsaCurve P384 { get; } = new(LibCrypto.NID_secp384r1, 48);

    /// <summary>The EC_GROUP. libcrypto only reads it after it was made, so all threads share it, and it is never freed.</summary>
    internal nint Group { get; }

    /// <summary>Bytes of a coordinate, of r and of s, and of a digest.</summary>
    internal int ScalarSize { get; }

    /// <summary>Bytes of a signature r || s.</summary>
    internal int SignatureSize => 2 * ScalarSize;

    /// <summary>Bytes of an uncompressed point in SEC1's form: 04 || x || y.</summary>
    internal int PointSize => 1 + (2 * ScalarSize);

    /// <summary>Whether <paramref name="signature"/> (r || s) over <paramref name="digest"/> was made by the key of <paramref name="point"/>.</summary>
    /// <returns>
    /// False as well for a point that is not on the curve, for r and s outside 1 to n - 1, and for spans of other lengths than
    /// <see cref="PointSize"/>, <see cref="ScalarSize"/> and <see cref="SignatureSize"/>.
    /// </returns>
    internal unsafe bool Verify(ReadOnlySpan<byte> point, ReadOnlySpan<byte> digest, ReadOnlySpan<byte> signature)
    {
        if (digest.Length != ScalarSize || signature.Length != SignatureSize)
            return false;

        using BigNumberScope scope = new();
        using CurvePoint publicPoint = new(this);
        if (!publicPoint.TryRead(point, scope))
            return false;

        nint key = NewKey();
        nint parsed = 0;
        try
        {
            LibCrypto.Require(LibCrypto.EC_KEY_set_public_key(key, publicPoint.Handle) == 1);
            parsed = ParseSignature(signature);
            fixed (byte* first = digest)
            {
                int outcome = LibCrypto.ECDSA_do_verify(first, digest.Length, parsed, key);
                if (outcome != 1)
                    LibCrypto.ERR_clear_error();
                return outcome == 1;
            }
        }
        finally
        {
            LibCrypto.ECDSA_SIG_free(parsed);
            LibCrypto.EC_KEY_free(key);
        }
    }

    /// <summary>Writes the uncompressed form of a compressed point (02 or 03, then x); false when no point of the curve has this form.</summary>
    internal bool TryDecompress(ReadOnlySpan<byte> compressed, Span<byte> point)
    {
        using BigNumberScope scope = new();
        using CurvePoint parsed = new(this);
        if (!parsed.TryReadCompressed(compressed, scope))
            return false;
        parsed.Write(point, scope);
        return true;
    }

    /// <summary>An EC_KEY on this curve without a private or public part; the caller frees it.</summary>
    internal nint NewKey()
    {
        nint key = LibCrypto.Require(LibCrypto.EC_KEY_new());
        if (LibCrypto.EC_KEY_set_group(key, Group) == 1)
            return key;

        LibCrypto.EC_KEY_free(key);
        throw LibCrypto.Failure();
    }

    private unsafe nint ParseSignature(ReadOnlySpan<byte> signature)
    {
        nint parsed = LibCrypto.Require(LibCrypto.ECDSA_SIG_new());
        fixed (byte* first = signature)
        {
            nint r = LibCrypto.BN_bin2bn(first, ScalarSize, 0);
            nint s = LibCrypto.BN_bin2bn(first + ScalarSize, ScalarSize, 0);
            if (LibCrypto.ECDSA_SIG_set0(parsed, r, s) == 1)
                return parsed;

            LibCrypto.BN_clear_free(r);
            LibCrypto.BN_clear_free(s);
        }

        LibCrypto.ECDSA_SIG_free(parsed);
        throw LibCrypto.Failure();
    }
}
