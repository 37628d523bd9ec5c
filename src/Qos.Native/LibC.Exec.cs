using System.Runtime.InteropServices;

namespace Qos.Native;

/// <summary>Becoming another program.</summary>
internal static partial class LibC
{
    internal const int PR_SET_PDEATHSIG = 1;

    /// <summary>Returns only when it failed. The array ends with null.</summary>
    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int execv(string path, string?[] arguments);

    [LibraryImport(Library)]
    internal static partial int getppid();
}
