using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Qos.Native;
using Tmds.Linux;

namespace Qos.Transport;

/// <summary>Non-blocking sockets as bare descriptors, for the pump alone.</summary>
internal static unsafe class NativeSocket
{
    private const int Backlog = 4096;

    /// <summary>Listens.</summary>
    /// <param name="endPoint">Where.</param>
    /// <param name="actual">The same, with the port that the system chose.</param>
    /// <param name="backlog">Connections that may wait to be accepted.</param>
    /// <exception cref="TransportException">The address is in use or cannot be.</exception>
    internal static int Listen(EndPoint endPoint, out EndPoint actual, int backlog = Backlog)
    {
        if (endPoint is VhostUserEndPoint)
            throw new TransportException(TransportError.BadAddress, $"{endPoint} can only be connected to, not listened on.");
        var address = new NativeAddress(endPoint);
        int fd = LibC.socket(address.Family, LibC.SOCK_STREAM | LibC.SOCK_NONBLOCK | LibC.SOCK_CLOEXEC, 0);
        if (fd < 0)
            throw Failed(endPoint, Marshal.GetLastPInvokeError());
        try
        {
            if (address.IsTcp)
            {
                // Accepted sockets inherit all but the first.
                Set(fd, LibC.SOL_SOCKET, LibC.SO_REUSEADDR);
                Set(fd, LibC.IPPROTO_TCP, LibC.TCP_NODELAY);
                Set(fd, LibC.SOL_SOCKET, LibC.SO_KEEPALIVE);
                Set(fd, LibC.SOL_SOCKET, LibC.SO_OOBINLINE);
                if (address.IsLoopback)
                    SetLoopbackCongestionControl(fd);
            }

            if (endPoint is UnixDomainSocketEndPoint)
                UnixPath.Bind(endPoint.ToString()!, fd, () => TryBind(fd, address, endPoint));
            else if (!TryBind(fd, address, endPoint))
                throw Failed(endPoint, LibC.EADDRINUSE);
            if (LibC.listen(fd, backlog) != 0)
                throw Failed(endPoint, Marshal.GetLastPInvokeError());
            actual = endPoint is IPEndPoint ip ? BoundTo(fd, ip) : endPoint;
            return fd;
        }
        catch
        {
            _ = LibC.close(fd);
            throw;
        }
    }

    /// <summary>Begins to connect.</summary>
    /// <returns>The descriptor and 0, EINPROGRESS or EAGAIN; or -1 and the error.</returns>
    internal static int Dial(NativeAddress address, out int error)
    {
        int fd = LibC.socket(address.Family, LibC.SOCK_STREAM | LibC.SOCK_NONBLOCK | LibC.SOCK_CLOEXEC, 0);
        if (fd < 0)
        {
            error = Marshal.GetLastPInvokeError();
            return -1;
        }

        if (address.IsTcp)
        {
            Set(fd, LibC.IPPROTO_TCP, LibC.TCP_NODELAY);

            // An urgent byte is one of the stream's.
            Set(fd, LibC.SOL_SOCKET, LibC.SO_OOBINLINE);
            if (address.IsLoopback)
                SetLoopbackCongestionControl(fd);
            else
                Set(fd, LibC.SOL_SOCKET, LibC.SO_KEEPALIVE);
        }

        error = Connect(fd, address);

        // On this machine TCP has connected, or was refused, by the time that connect returns; asking again costs less than waiting to be told.
        if (error == LibC.EINPROGRESS && address.IsLoopback)
            error = Connect(fd, address);
        if (error == LibC.EALREADY)
            error = LibC.EINPROGRESS;
        if (error == 0 || error == LibC.EINPROGRESS || error == LibC.EAGAIN)
            return fd;
        _ = LibC.close(fd);
        return -1;
    }

    /// <summary>Connects; a Unix socket whose listener is busy says EAGAIN and wants to be asked again.</summary>
    internal static int Connect(int fd, NativeAddress address)
    {
        fixed (byte* bytes = address.Bytes)
        {
            int error;
            do
                error = LibC.connect(fd, (sockaddr*)bytes, (uint)address.Bytes.Length) == 0 ? 0 : Marshal.GetLastPInvokeError();
            while (error == LibC.EINTR);
            return error == LibC.EISCONN ? 0 : error;
        }
    }

    /// <summary>The error says that this process or its machine has no descriptors or memory left, and nothing of the peer.</summary>
    internal static bool IsOutOfResources(int error) =>
        error == LibC.EMFILE || error == LibC.ENFILE || error == LibC.ENOBUFS || error == LibC.ENOMEM;

    /// <summary>What became of a connection in the making.</summary>
    internal static int PendingError(int fd)
    {
        int error = 0;
        socklen_t length = sizeof(int);
        return LibC.getsockopt(fd, LibC.SOL_SOCKET, LibC.SO_ERROR, &error, &length) == 0 ? error : Marshal.GetLastPInvokeError();
    }

    /// <summary>Moves bytes between a socket and a pipe.</summary>
    /// <returns>As <see cref="BridgeSide.Receive"/>.</returns>
    internal static int Splice(int from, int to, int count)
    {
        while (true)
        {
            nint moved = LibC.splice(from, null, to, null, (nuint)count, (uint)(LibC.SPLICE_F_MOVE | LibC.SPLICE_F_NONBLOCK));
            if (moved >= 0)
                return (int)moved;
            int error = Marshal.GetLastPInvokeError();
            if (error == LibC.EAGAIN)
                return -1;
            if (error != LibC.EINTR)
                return -2;
        }
    }

    /// <summary>Closes so that the peer learns of an abort: a reset for TCP and vsock, an end for Unix.</summary>
    internal static void Reset(int fd)
    {
        // struct linger: on, for zero seconds.
        int* linger = stackalloc int[2] { 1, 0 };
        _ = LibC.setsockopt(fd, LibC.SOL_SOCKET, LibC.SO_LINGER, linger, 2 * sizeof(int));
        _ = LibC.close(fd);
    }

    // Such a connection crosses no network whose congestion could be found. Where the system's choice is BBR it paces every one, which takes a quarter of
    // the bytes a second. Reno is in each kernel and needs no right; where it is refused the system's choice stays.
    private static void SetLoopbackCongestionControl(int fd)
    {
        ReadOnlySpan<byte> name = "reno"u8;
        fixed (byte* bytes = name)
            _ = LibC.setsockopt(fd, LibC.IPPROTO_TCP, LibC.TCP_CONGESTION, bytes, (uint)name.Length);
    }

    private static void Set(int fd, int level, int option)
    {
        int one = 1;
        _ = LibC.setsockopt(fd, level, option, &one, sizeof(int));
    }

    private static bool TryBind(int fd, NativeAddress address, EndPoint endPoint)
    {
        fixed (byte* bytes = address.Bytes)
        {
            if (LibC.bind(fd, (sockaddr*)bytes, (uint)address.Bytes.Length) == 0)
                return true;
        }

        int error = Marshal.GetLastPInvokeError();
        return error == LibC.EADDRINUSE ? false : throw Failed(endPoint, error);
    }

    private static IPEndPoint BoundTo(int fd, IPEndPoint asked)
    {
        SocketAddress address = asked.Serialize();
        socklen_t length = (uint)address.Size;
        fixed (byte* bytes = address.Buffer.Span)
        {
            if (LibC.getsockname(fd, (sockaddr*)bytes, &length) != 0)
                return asked;
        }

        return (IPEndPoint)asked.Create(address);
    }

    private static TransportException Failed(EndPoint endPoint, int error) => new(
        error == LibC.EADDRINUSE ? TransportError.AddressInUse : TransportError.BadAddress,
        $"Cannot listen on {endPoint}: {Marshal.GetPInvokeErrorMessage(error)}.");
}

/// <summary>An end point as the kernel takes it.</summary>
internal sealed class NativeAddress
{
    private readonly SocketAddress _address;

    internal NativeAddress(EndPoint endPoint)
    {
        _address = endPoint.Serialize();
        Family = BinaryPrimitives.ReadUInt16LittleEndian(Bytes);
        IsLoopback = endPoint is IPEndPoint ip && IPAddress.IsLoopback(ip.Address);
        Handshake = endPoint is VhostUserEndPoint vhost ? VhostUserHandshake.Request(vhost.Port) : null;
    }

    /// <summary>The <c>sockaddr</c>.</summary>
    internal ReadOnlySpan<byte> Bytes => _address.Buffer.Span[.._address.Size];

    internal int Family { get; }

    internal bool IsTcp => Family == LibC.AF_INET || Family == LibC.AF_INET6;

    internal bool IsLoopback { get; }

    /// <summary>What the peer must hear before it connects; null for nothing.</summary>
    internal byte[]? Handshake { get; }
}
