using System.Security.Cryptography;
using Qos.Native;

namespace Qos.Keys;

internal static partial class P256
{
    // A nonce, then its generator's state. One block for each thread that signs: to map, protect and lock new guarded memory for each signature took a
    // third of its time, and threads that did it together stood in each other's way.
    [ThreadStatic]
    private static SecretMemory? s_scratch;

    /// <summary>Signs a SHA-256 digest with the nonce of RFC 6979.</summary>
    internal static void SignDigest(ReadOnlySpan<byte> scalar, ReadOnlySpan<byte> digest, Span<byte> signature)
    {
        Span<byte> scratch = (s_scratch ??= SecretMemory.Allocate(ScalarSize + DeterministicNonce.StateSize)).Span;
        Span<byte> nonce = scratch[..ScalarSize];
        try
        {
            DeterministicNonce nonces = new(scalar, digest, scratch[ScalarSize..]);
            do
                nonces.Next(nonce);
            while (!TrySignDigest(scalar, digest, nonce, signature));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(scratch);
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
        using CurvePoint product = new(EcdsaCurve.P256);

        // r = (k G).x mod n, and 1/k = k^(n-2) mod n by the exponentiation that does not depend on k's bits.
        LibCrypto.Require(LibCrypto.EC_POINT_mul(Group, product.Handle, k.Handle, 0, 0, scope.Handle) == 1);
        product.WriteX(x, scope);
        LibCrypto.Require(LibCrypto.BN_nnmod(r.Handle, x.Handle, order.Handle, scope.Handle) == 1);
        LibCrypto.Require(
            LibCrypto.BN_mod_exp_mont_consttime(inverse.Handle, k.Handle, exponent.Handle, order.Handle, scope.Handle, 0) == 1);

        nint key = EcdsaCurve.P256.NewKey();
        nint made = 0;
        try
        {
            LibCrypto.Require(LibCrypto.EC_KEY_set_private_key(key, secret.Handle) == 1);
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
}
