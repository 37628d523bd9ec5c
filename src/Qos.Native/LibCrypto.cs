using System.Runtime.InteropServices;

namespace Qos.Native;

/// <summary>OpenSSL's libcrypto 3, under its own names.</summary>
internal static partial class LibCrypto
{
    private const string Library = "libcrypto.so.3";

    /// <summary>Empties the calling thread's error queue, so that no later reader takes our refusal for its own error.</summary>
    [LibraryImport(Library)]
    internal static partial void ERR_clear_error();
}
