using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;
using Tmds.Linux;

namespace Qos.Native;

/// <summary>
/// The C library is Tmds.LibC's <see cref="LibC"/>. Version 0.5.0 lacks what stands here under the same class: renameat2, waitid, prctl, setrlimit,
/// getrlimit, splice, sendfile and reboot with their constants, a socket option, three constants of network interfaces, the numbers of two devices, ioctl on a handle; its siginfo_t
/// is wrong; and it takes pointers where text is passed. The numbers are Linux's on every architecture.
/// </summary>
internal static unsafe partial class LibCAdditions
{
    // The name under which Tmds.LibC imports it as well.
    private const string Library = "libc.so.6";

    extension(LibC)
    {
        internal static uint RENAME_NOREPLACE => 1;

        internal static int TCP_CONGESTION => 13;

        internal static int P_ALL => 0;

        internal static int P_PID => 1;

        internal static int WEXITED => 0x4;

        internal static int WNOWAIT => 0x1000000;

        internal static int __WALL => 0x40000000;

        internal static int PR_SET_DUMPABLE => 4;

        internal static int PR_SET_CHILD_SUBREAPER => 36;

        internal static int RLIMIT_CORE => 4;

        internal static int RLIMIT_NOFILE => 7;

        internal static int RB_AUTOBOOT => 0x01234567;

        internal static int F_SETPIPE_SZ => 1031;

        internal static ushort IFF_UP => 1;

        internal static ushort IFF_RUNNING => 0x40;

        /// <summary>_IO(7, 0xb9): the machine's own context identifier, a u32.</summary>
        internal static nuint IOCTL_VM_SOCKETS_GET_LOCAL_CID => 0x7B9;

        /// <summary>_IOWR(0x0A, 0, 32): the only request of the Nitro Secure Module, on an <see cref="NsmMessage"/>.</summary>
        internal static nuint NSM_IOCTL_REQUEST => 0xC0200A00;

        internal static int renameat2(int oldDirectory, string oldPath, int newDirectory, string newPath, uint flags) =>
            RenameAt2(oldDirectory, oldPath, newDirectory, newPath, flags);

        internal static int waitid(int kind, int id, ChildStatus* status, int options) => WaitId(kind, id, status, options);

        internal static int prctl(int option, nuint argument2, nuint argument3, nuint argument4, nuint argument5) =>
            PrCtl(option, argument2, argument3, argument4, argument5);

        internal static int setrlimit(int resource, ResourceLimit* limit) => SetRLimit(resource, limit);

        internal static int getrlimit(int resource, ResourceLimit* limit) => GetRLimit(resource, limit);

        internal static nint splice(int from, long* fromOffset, int to, long* toOffset, nuint length, uint flags) =>
            Splice(from, fromOffset, to, toOffset, length, flags);

        internal static nint sendfile(SafeHandle to, SafeHandle from, ref long offset, nuint length) => SendFile(to, from, ref offset, length);

        internal static int reboot(int command) => Reboot(command);

        internal static int ioctl(SafeHandle device, nuint request, void* argument) => IoCtl(device, request, argument);

        internal static int openat(int directory, string path, int flags, uint mode) => OpenAt(directory, path, flags, mode);

        internal static int unlinkat(int directory, string path, int flags) => UnlinkAt(directory, path, flags);

        internal static int faccessat(int directory, string path, int mode, int flags) => FAccessAt(directory, path, mode, flags);

        internal static int chmod(string path, uint mode) => ChMod(path, mode);

        internal static int mount(string source, string target, string type, ulong flags, string? data) => MountAt(source, target, type, flags, data);

        /// <summary>
        /// Moves a file in one step of the kernel's. File.Move looks for the target before it renames, which leaves a moment for another to appear.
        /// </summary>
        /// <returns>0, or the error's number: <see cref="LibC.EEXIST"/> when something is there that was not to be replaced.</returns>
        internal static int Rename(string from, string to, bool replace) =>
            LibC.renameat2(LibC.AT_FDCWD, from, LibC.AT_FDCWD, to, replace ? 0 : LibC.RENAME_NOREPLACE) == 0 ? 0 : Marshal.GetLastPInvokeError();

        /// <summary>Whether a path leads to a device, a pipe or a socket: the framework calls all of them files.</summary>
        internal static bool IsSpecialFile(string path) => KindOf(path, 0) is { } kind && kind != LibC.S_IFDIR && kind != LibC.S_IFREG;

        /// <summary>The user that owns what a path leads to; null when it cannot be told.</summary>
        internal static uint? OwnerOf(string path) => StatOf(path, 0, LibC.STATX_UID)?.stx_uid;

        /// <summary>Whether a path is a socket itself, and not a link to one.</summary>
        internal static bool IsSocket(string path) => KindOf(path, LibC.AT_SYMLINK_NOFOLLOW) == LibC.S_IFSOCK;
    }

    private static mode_t? KindOf(string path, int flags) => StatOf(path, flags, LibC.STATX_TYPE) is { } answer ? (mode_t)answer.stx_mode & LibC.S_IFMT : null;

    // statx, whose answer has one layout on every architecture, unlike stat's.
    private static statx? StatOf(string path, int flags, uint mask)
    {
        statx answer = default;
        byte* name = Utf8StringMarshaller.ConvertToUnmanaged(path);
        try
        {
            return LibC.statx(LibC.AT_FDCWD, name, flags, mask, &answer) == 0 ? answer : null;
        }
        finally
        {
            Utf8StringMarshaller.Free(name);
        }
    }

    [LibraryImport(Library, EntryPoint = "renameat2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenameAt2(int oldDirectory, string oldPath, int newDirectory, string newPath, uint flags);

    [LibraryImport(Library, EntryPoint = "waitid", SetLastError = true)]
    private static partial int WaitId(int kind, int id, ChildStatus* status, int options);

    [LibraryImport(Library, EntryPoint = "prctl", SetLastError = true)]
    private static partial int PrCtl(int option, nuint argument2, nuint argument3, nuint argument4, nuint argument5);

    [LibraryImport(Library, EntryPoint = "setrlimit", SetLastError = true)]
    private static partial int SetRLimit(int resource, ResourceLimit* limit);

    [LibraryImport(Library, EntryPoint = "getrlimit", SetLastError = true)]
    private static partial int GetRLimit(int resource, ResourceLimit* limit);

    [LibraryImport(Library, EntryPoint = "splice", SetLastError = true)]
    private static partial nint Splice(int from, long* fromOffset, int to, long* toOffset, nuint length, uint flags);

    // off_t has 64 bits on every architecture that .NET runs on.
    [LibraryImport(Library, EntryPoint = "sendfile", SetLastError = true)]
    private static partial nint SendFile(SafeHandle to, SafeHandle from, ref long offset, nuint length);

    [LibraryImport(Library, EntryPoint = "reboot", SetLastError = true)]
    private static partial int Reboot(int command);

    // The C function is variadic; on Linux's 64-bit machines a pointer is passed to it as to any other.
    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    private static partial int IoCtl(SafeHandle device, nuint request, void* argument);

    [LibraryImport(Library, EntryPoint = "openat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenAt(int directory, string path, int flags, uint mode);

    [LibraryImport(Library, EntryPoint = "unlinkat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int UnlinkAt(int directory, string path, int flags);

    [LibraryImport(Library, EntryPoint = "faccessat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int FAccessAt(int directory, string path, int mode, int flags);

    [LibraryImport(Library, EntryPoint = "chmod", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChMod(string path, uint mode);

    [LibraryImport(Library, EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MountAt(string source, string target, string type, ulong flags, string? data);
}

/// <summary>What waitid says of a child, as siginfo_t; Tmds.LibC's siginfo_t has si_code before si_errno, which is so on MIPS alone.</summary>
[StructLayout(LayoutKind.Sequential, Size = 128)]
internal struct ChildStatus
{
    internal int si_signo;
    internal int si_errno;
    internal int si_code;
    internal int padding;
    internal int si_pid;
    internal uint si_uid;
    internal int si_status;
}

/// <summary>A soft and a hard limit.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ResourceLimit
{
    internal nuint rlim_cur;
    internal nuint rlim_max;
}

/// <summary>An interface's name (16 bytes) and its flags; 40 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Size = 40)]
internal unsafe struct InterfaceRequest
{
    internal fixed byte ifr_name[16];
    internal ushort ifr_flags;
}

/// <summary>The argument of the Nitro Secure Module's ioctl; the kernel writes the answer's length into <see cref="response"/>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NsmMessage
{
    internal iovec request;
    internal iovec response;
}
