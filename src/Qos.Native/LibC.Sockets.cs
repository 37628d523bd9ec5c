using System.Runtime.InteropServices;

namespace Qos.Native;

/// <summary>Sockets: the calls that the framework's Socket class does not offer, and those of the bridge's pump.</summary>
internal static unsafe partial class LibC
{
    internal const int AF_UNIX = 1;
    internal const int AF_INET = 2;
    internal const int AF_INET6 = 10;
    internal const int AF_VSOCK = 40;
    internal const int SOCK_STREAM = 1;
    internal const int SOCK_DGRAM = 2;
    internal const int SOCK_NONBLOCK = 0x800;
    internal const int SOCK_CLOEXEC = 0x80000;
    internal const int SOL_SOCKET = 1;
    internal const int SO_REUSEADDR = 2;
    internal const int SO_ERROR = 4;
    internal const int SO_KEEPALIVE = 9;
    internal const int SO_LINGER = 13;
    internal const int IPPROTO_TCP = 6;
    internal const int TCP_NODELAY = 1;
    internal const int IPPROTO_IPV6 = 41;
    internal const int IPV6_V6ONLY = 26;
    internal const int SHUT_WR = 1;
    internal const int MSG_PEEK = 0x02;
    internal const int MSG_NOSIGNAL = 0x4000;

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int socket(int domain, int type, int protocol);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int bind(int socket, byte* address, uint length);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int listen(int socket, int backlog);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int accept4(int socket, byte* address, uint* length, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int connect(int socket, byte* address, uint length);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int getsockname(int socket, byte* address, uint* length);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int getsockopt(int socket, int level, int option, void* value, uint* length);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int setsockopt(int socket, int level, int option, void* value, uint length);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint recv(int socket, byte* buffer, nuint length, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint send(int socket, byte* buffer, nuint length, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int shutdown(int socket, int how);

    /// <summary>On a socket before bind: the mode that the socket's file will get, without a moment in which it is wider.</summary>
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int fchmod(int fd, uint mode);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int chmod(string path, uint mode);

    /// <summary>What kind of file a path is; the layout of its answer is the same on every architecture, unlike stat's.</summary>
    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int statx(int directory, string path, int flags, uint mask, byte* answer);

    internal const int AT_FDCWD = -100;
    internal const int AT_SYMLINK_NOFOLLOW = 0x100;
    internal const uint STATX_TYPE = 1;
    internal const int STATX_SIZE = 256;
    internal const int STATX_MODE_OFFSET = 28;
    internal const int S_IFMT = 0xF000;
    internal const int S_IFSOCK = 0xC000;
}
