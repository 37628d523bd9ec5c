using System.Runtime.InteropServices;

namespace Qos.Native;

/// <summary>libsodium's guarded, locked and wiped memory. It is the same library, and the same copy of it, as NSec uses.</summary>
internal static partial class LibSodium
{
    // NSec's name for it: the package "libsodium" brings the shared library, and a static program binds the name to its archive.
    private const string Library = "libsodium";

    /// <summary>0 when initialised now, 1 when it was before, -1 on failure.</summary>
    [LibraryImport(Library)]
    internal static partial int sodium_init();

    /// <summary>Memory between guard pages, locked where the limits allow it; zero when there is none.</summary>
    [LibraryImport(Library)]
    internal static partial nint sodium_malloc(nuint size);

    /// <summary>Wipes and releases; ends the process when a guard value was overwritten.</summary>
    [LibraryImport(Library)]
    internal static partial void sodium_free(nint pointer);
}
