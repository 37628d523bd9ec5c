using System.Runtime.InteropServices;

namespace Qos.Native;

/// <summary>What the first process of a machine does: mounts, limits, its context identifier, the end of the machine.</summary>
internal static unsafe partial class LibC
{
    internal const nuint MS_RDONLY = 1;
    internal const nuint MS_NOSUID = 2;
    internal const nuint MS_NODEV = 4;
    internal const nuint MS_NOEXEC = 8;
    internal const nuint MS_REMOUNT = 32;

    internal const int RLIMIT_NOFILE = 7;
    internal const int RB_AUTOBOOT = 0x01234567;

    /// <summary>_IO(7, 0xb9): the machine's own context identifier, a u32.</summary>
    internal const nuint IOCTL_VM_SOCKETS_GET_LOCAL_CID = 0x7B9;

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int mount(string source, string target, string type, nuint flags, string? data);

    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    internal static partial int ioctl_u32(SafeHandle device, nuint request, uint* value);

    /// <summary>Waits until a terminal has sent what was written to it.</summary>
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int tcdrain(int fd);

    [LibraryImport(Library)]
    internal static partial void sync();

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int reboot(int command);
}
