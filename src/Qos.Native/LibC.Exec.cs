using System.Runtime.InteropServices;

namespace Qos.Native;

/// <summary>Becoming another program.</summary>
internal static partial class LibC
{
    /// <summary>Returns only when it failed. The array ends with null.</summary>
    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int execv(string path, string?[] arguments);
}
