using System.Runtime.InteropServices;

namespace Qos.Native;

/// <summary>Network namespaces, and bringing one's loopback interface up.</summary>
internal static unsafe partial class LibC
{
    internal const int CLONE_NEWNET = 0x40000000;
    internal const uint SIOCGIFFLAGS = 0x8913;
    internal const uint SIOCSIFFLAGS = 0x8914;
    internal const short IFF_UP = 1;
    internal const short IFF_RUNNING = 0x40;

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int unshare(int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int setns(int fd, int kind);

    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    internal static partial int ioctl_ifreq(int fd, nuint request, InterfaceRequest* argument);

    /// <summary>An interface's name (16 bytes) and its flags; 40 bytes.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 40)]
    internal struct InterfaceRequest
    {
        internal fixed byte ifr_name[16];
        internal short ifr_flags;
    }
}
