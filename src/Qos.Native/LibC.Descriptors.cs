using System.Runtime.InteropServices;

namespace Qos.Native;

/// <summary>What is said about a file descriptor, and what it is told.</summary>
internal static partial class LibC
{
    internal const int F_GETFD = 1;
    internal const int F_SETFD = 2;
    internal const int FD_CLOEXEC = 1;

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int fcntl(int fd, int command, int argument);
}
