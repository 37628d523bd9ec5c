using Qos.Native;

namespace Qos.Keys;

internal static partial class P256
{
    /// <summary>Bytes of a signature r || s.</summary>
    internal const int SignatureSize = 64;

    /// <summary>Signs a SHA-256 digest with the nonce of RFC 6979.</summary>
    internal static void SignDigest(ReadOnlySpan<byte> scalar, ReadOnlySpan<byte> digest, Span<byte> signature)
    {
        using SecretMemory nonce = SecretMemory.Allocate(ScalarSize);
        using DeterministicNonce nonces = new(scalar, digest);
        do
            nonces.Next(nonce.Span);
        while (!TrySignDigest(scalar, digest, nonce.Span, signature));
    }

    /// <summary>Whether the signature over a SHA-256 digest is that of the 65-byte public point.</summary>
    internal static unsafe bool VerifyDigest(ReadOnlySpan<byte> point, ReadOnlySpan<byte> digest, ReadOnlySpan<byte> signature)
    {
        if (signature.Length != SignatureSize || !IsScalar(signature[..ScalarSize]) || !IsScalar(signature[ScalarSize..]))
            return false;

        using BigNumberScope scope = new();
        using CurvePoint publicPoint = new();
        if (!publicPoint.TryRead(point, scope))
            return false;

        nint key = NewKey();
        nint parsed = 0;
        try
        {
            LibCryptoCall.Require(LibCrypto.EC_KEY_set_public_key(key, publicPoint.Handle) == 1);
            parsed = ToLibCrypto(signature);
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

    // False when this nonce gives r = 0 or s = 0, for which RFC 6979 goes on to the next one.
    private static unsafe bool TrySignDigest(ReadOnlySpan<byte> scalar, ReadOnlySpan<byte> digest, ReadOnlySpan<byte> nonce, Span<byte> signature)
    {
        using BigNumberScope scope = new();
        using BigNumber order = BigNumber.FromBytes(Order);
        using BigNumber exponent = BigNumber.FromBytes(OrderLessTwo);
        using BigNumber k = BigNumber.FromBytes(nonce);
        using BigNumber secret = BigNumber.FromBytes(scalar);
        using BigNumber inverse = BigNumber.Zero();
        using BigNumber x = BigNumber.Zero();
        using BigNumber r = BigNumber.Zero();
        using CurvePoint product = new();

        // r = (k G).x mod n, and 1/k = k^(n-2) mod n by the exponentiation that does not depend on k's bits.
        LibCryptoCall.Require(LibCrypto.EC_POINT_mul(Group, product.Handle, k.Handle, 0, 0, scope.Handle) == 1);
        product.WriteX(x, scope);
        LibCryptoCall.Require(LibCrypto.BN_nnmod(r.Handle, x.Handle, order.Handle, scope.Handle) == 1);
        LibCryptoCall.Require(
            LibCrypto.BN_mod_exp_mont_consttime(inverse.Handle, k.Handle, exponent.Handle, order.Handle, scope.Handle, 0) == 1);

        nint key = NewKey();
        nint made = 0;
        try
        {
            LibCryptoCall.Require(LibCrypto.EC_KEY_set_private_key(key, secret.Handle) == 1);
            fixed (byte* first = digest)
                made = LibCrypto.ECDSA_do_sign_ex(first, digest.Length, inverse.Handle, r.Handle, key);
            if (made == 0)
            {
                LibCrypto.ERR_clear_error();
                return false;
            }

            BigNumber.Write(LibCrypto.ECDSA_SIG_get0_r(made), signature[..ScalarSize]);
            BigNumber.Write(LibCrypto.ECDSA_SIG_get0_s(made), signature[ScalarSize..]);
        }
        finally
        {
            LibCrypto.ECDSA_SIG_free(made);
            LibCrypto.EC_KEY_free(key);
        }

        return IsScalar(signature[..ScalarSize]) && IsScalar(signature[ScalarSize..]);
    }

    private static nint NewKey()
    {
        nint key = LibCryptoCall.Require(LibCrypto.EC_KEY_new());
        if (LibCrypto.EC_KEY_set_group(key, Group) == 1)
            return key;

        LibCrypto.EC_KEY_free(key);
        throw LibCryptoCall.Failure();
    }

    private static unsafe nint ToLibCrypto(ReadOnlySpan<byte> signature)
    {
        nint parsed = LibCryptoCall.Require(LibCrypto.ECDSA_SIG_new());
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
        throw LibCryptoCall.Failure();
    }
}
