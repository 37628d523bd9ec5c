using Qos.Native;

namespace Qos.Keys;

/// <summary>NIST P-256 through libcrypto, whose multiplication by a secret runs in constant time.</summary>
internal static partial class P256
{
    /// <summary>Bytes of a scalar and of a coordinate.</summary>
    internal const int ScalarSize = 32;

    /// <summary>Bytes of an uncompressed point.</summary>
    internal const int PointSize = 65;

    /// <summary>Bytes of a signature r || s.</summary>
    internal const int SignatureSize = 64;

    private static nint Group => EcdsaCurve.P256.Group;

    /// <summary>n, the group's order, big-endian.</summary>
    private static ReadOnlySpan<byte> Order =>
    [
        0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ];

    /// <summary>n - 2, the exponent that inverts modulo n.</summary>
    private static ReadOnlySpan<byte> OrderLessTwo =>
    [
        0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x4f,
    ];

    /// <summary>Whether the 32 bytes are a number in [1, n-1], without a branch on any of them.</summary>
    internal static bool IsScalar(ReadOnlySpan<byte> bigEndian)
    {
        if (bigEndian.Length != ScalarSize)
            return false;

        int borrow = 0;
        int any = 0;
        for (int i = ScalarSize - 1; i >= 0; i--)
        {
            borrow = ((bigEndian[i] - Order[i] - borrow) >> 31) & 1;
            any |= bigEndian[i];
        }

        // borrow: below n. any: not zero.
        return (borrow & ((-any >> 31) & 1)) != 0;
    }

    /// <summary>Writes a digest modulo n; a digest is public and below 2n.</summary>
    internal static void ReduceDigest(ReadOnlySpan<byte> digest, Span<byte> reduced)
    {
        digest.CopyTo(reduced);
        if (digest.SequenceCompareTo(Order) < 0)
            return;

        int borrow = 0;
        for (int i = ScalarSize - 1; i >= 0; i--)
        {
            int difference = digest[i] - Order[i] - borrow;
            reduced[i] = (byte)difference;
            borrow = (difference >> 31) & 1;
        }
    }

    /// <summary>Draws a uniform scalar in [1, n-1].</summary>
    internal static void DrawScalar(IRandomSource random, Span<byte> scalar)
    {
        // A good source misses once in 2^32 draws, so a source that misses many times is broken.
        for (int attempt = 0; attempt < 16; attempt++)
        {
            random.Fill(scalar);
            if (IsScalar(scalar))
                return;
        }

        throw new InvalidOperationException("The random source gave no P-256 scalar in 16 draws: it is broken.");
    }

    /// <summary>Whether the 65 bytes are an uncompressed point on the curve.</summary>
    internal static bool IsPoint(ReadOnlySpan<byte> point)
    {
        using BigNumberScope scope = new();
        using CurvePoint parsed = new(EcdsaCurve.P256);
        return parsed.TryRead(point, scope);
    }

    /// <summary>Writes the public point of a scalar, 65 bytes.</summary>
    internal static void PublicPoint(ReadOnlySpan<byte> scalar, Span<byte> point)
    {
        using BigNumberScope scope = new();
        using BigNumber secret = BigNumber.FromBytes(scalar);
        using CurvePoint product = new(EcdsaCurve.P256);
        LibCrypto.Require(LibCrypto.EC_POINT_mul(Group, product.Handle, secret.Handle, 0, 0, scope.Handle) == 1);
        product.Write(point, scope);
    }

    /// <summary>Writes the x-coordinate of scalar * point, 32 bytes; false if the point is invalid.</summary>
    internal static bool TryAgree(ReadOnlySpan<byte> scalar, ReadOnlySpan<byte> point, Span<byte> sharedX)
    {
        using BigNumberScope scope = new();
        using CurvePoint peer = new(EcdsaCurve.P256);
        if (!peer.TryRead(point, scope))
            return false;

        // The order is prime and the scalar below it, so the product is never the point at infinity.
        using BigNumber secret = BigNumber.FromBytes(scalar);
        using BigNumber x = BigNumber.Zero();
        using CurvePoint product = new(EcdsaCurve.P256);
        LibCrypto.Require(LibCrypto.EC_POINT_mul(Group, product.Handle, 0, peer.Handle, secret.Handle, scope.Handle) == 1);
        product.WriteX(x, scope);
        x.Write(sharedX);
        return true;
    }
}
