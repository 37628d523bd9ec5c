using System.Runtime.InteropServices;

namespace Qos.Native;

internal static partial class LibCrypto
{
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
}
