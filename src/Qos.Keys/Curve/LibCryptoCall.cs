using System.Security.Cryptography;
using Qos.Native;

namespace Qos.Keys;

/// <summary>Turns a libcrypto failure that no input can cause (no memory, a broken library) into an exception.</summary>
internal static class LibCryptoCall
{
    internal static nint Require(nint handle) => handle != 0 ? handle : throw Failure();

    internal static void Require(bool succeeded)
    {
        if (!succeeded)
            throw Failure();
    }

    internal static CryptographicException Failure()
    {
        LibCrypto.ERR_clear_error();
        return new CryptographicException("libcrypto failed at a P-256 operation.");
    }
}
