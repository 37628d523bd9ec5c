using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Qos.Native;

/// <summary>OpenSSL's libcrypto 3, under its own names: big numbers, elliptic curves, ECDSA.</summary>
internal static partial class LibCrypto
{
    private const string Library = "libcrypto.so.3";

    /// <summary>Empties the calling thread's error queue, so that a later reader does not take a refusal of ours for its own error.</summary>
    [LibraryImport(Library)]
    internal static partial void ERR_clear_error();

    internal const int BN_FLG_CONSTTIME = 0x04;

    [LibraryImport(Library)]
    internal static partial nint BN_CTX_secure_new();

    [LibraryImport(Library)]
    internal static partial void BN_CTX_free(nint context);

    [LibraryImport(Library)]
    internal static partial nint BN_secure_new();

    [LibraryImport(Library)]
    internal static partial void BN_clear_free(nint number);

    [LibraryImport(Library)]
    internal static partial void BN_set_flags(nint number, int flags);

    [LibraryImport(Library)]
    internal static unsafe partial nint BN_bin2bn(byte* bytes, int length, nint result);

    [LibraryImport(Library)]
    internal static unsafe partial int BN_bn2binpad(nint number, byte* destination, int length);

    [LibraryImport(Library)]
    internal static partial int BN_nnmod(nint result, nint number, nint modulus, nint context);

    [LibraryImport(Library)]
    internal static partial int BN_mod_exp_mont_consttime(nint result, nint number, nint exponent, nint modulus, nint context, nint montgomery);

    internal const int NID_X9_62_prime256v1 = 415;
    internal const int NID_secp384r1 = 715;
    internal const int POINT_CONVERSION_UNCOMPRESSED = 4;

    [LibraryImport(Library)]
    internal static partial nint EC_GROUP_new_by_curve_name(int curve);

    [LibraryImport(Library)]
    internal static partial nint EC_POINT_new(nint group);

    [LibraryImport(Library)]
    internal static partial void EC_POINT_clear_free(nint point);

    [LibraryImport(Library)]
    internal static unsafe partial int EC_POINT_oct2point(nint group, nint point, byte* bytes, nuint length, nint context);

    [LibraryImport(Library)]
    internal static unsafe partial nuint EC_POINT_point2oct(nint group, nint point, int form, byte* destination, nuint length, nint context);

    /// <summary>generator * n + q * m, either product left out where its factor is zero.</summary>
    [LibraryImport(Library)]
    internal static partial int EC_POINT_mul(nint group, nint result, nint n, nint q, nint m, nint context);

    [LibraryImport(Library)]
    internal static partial int EC_POINT_get_affine_coordinates(nint group, nint point, nint x, nint y, nint context);

    [LibraryImport(Library)]
    internal static partial nint EC_KEY_new();

    [LibraryImport(Library)]
    internal static partial void EC_KEY_free(nint key);

    [LibraryImport(Library)]
    internal static partial int EC_KEY_set_group(nint key, nint group);

    [LibraryImport(Library)]
    internal static partial int EC_KEY_set_private_key(nint key, nint number);

    [LibraryImport(Library)]
    internal static partial int EC_KEY_set_public_key(nint key, nint point);

    /// <summary>Signs with a nonce of the caller's: its inverse and the x-coordinate of its point.</summary>
    [LibraryImport(Library)]
    internal static unsafe partial nint ECDSA_do_sign_ex(byte* digest, int digestLength, nint inverseNonce, nint r, nint key);

    /// <summary>1 when valid, 0 when not, -1 on an error.</summary>
    [LibraryImport(Library)]
    internal static unsafe partial int ECDSA_do_verify(byte* digest, int digestLength, nint signature, nint key);

    [LibraryImport(Library)]
    internal static partial nint ECDSA_SIG_new();

    [LibraryImport(Library)]
    internal static partial void ECDSA_SIG_free(nint signature);

    /// <summary>Takes ownership of both numbers.</summary>
    [LibraryImport(Library)]
    internal static partial int ECDSA_SIG_set0(nint signature, nint r, nint s);

    [LibraryImport(Library)]
    internal static partial nint ECDSA_SIG_get0_r(nint signature);

    [LibraryImport(Library)]
    internal static partial nint ECDSA_SIG_get0_s(nint signature);

    /// <summary>The handle; an exception if libcrypto gave none, which no input can cause: there is no memory, or the library is broken.</summary>
    internal static nint Require(nint handle) => handle != 0 ? handle : throw Failure();

    /// <summary>An exception if a call failed that no input can make fail.</summary>
    internal static void Require(bool succeeded)
    {
        if (!succeeded)
            throw Failure();
    }

    internal static CryptographicException Failure()
    {
        ERR_clear_error();
        return new CryptographicException("libcrypto failed at an elliptic-curve operation.");
    }
}
