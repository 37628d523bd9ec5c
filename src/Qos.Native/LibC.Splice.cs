using System.Runtime.InteropServices;

namespace Qos.Native;

/// <summary>Bytes that go from socket to socket through a pipe, without a copy; and what edge-triggered epoll needs.</summary>
internal static unsafe partial class LibC
{
    internal const uint EPOLLRDHUP = 0x2000;
    internal const uint EPOLLET = 1u << 31;
    internal const int EISCONN = 106;
    internal const int EALREADY = 114;
    internal const uint SPLICE_F_MOVE = 1;
    internal const uint SPLICE_F_NONBLOCK = 2;

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint splice(int from, long* fromOffset, int to, long* toOffset, nuint length, uint flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int getrlimit(int resource, ResourceLimit* limit);
}
