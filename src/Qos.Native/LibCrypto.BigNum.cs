using System.Runtime.InteropServices;

namespace Qos.Native;

internal static partial class LibCrypto
{
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
}
