using System.Runtime.InteropServices;
using Tmds.Linux;

namespace Qos.Transport;

/// <summary>One socket of a bridged connection, and what waits to be sent to it.</summary>
internal sealed unsafe class BridgeSide
{
    // Edge-triggered: the kernel reports what is new, so a socket is registered once and never for what is known already.
    private static readonly int s_always = LibC.EPOLLIN | LibC.EPOLLPRI | LibC.EPOLLRDHUP | LibC.EPOLLET;

    private readonly int _chunk;
    private ulong _key;
    private int _interest;
    private bool _wasUrgent;

    internal BridgeSide(int fd, ulong key, int family, int vsockChunk)
    {
        Fd = fd;
        _key = key;
        IsUnix = family == LibC.AF_UNIX;
        _chunk = family == LibC.AF_VSOCK ? vsockChunk : int.MaxValue;
    }

    internal int Fd { get; private set; }

    internal bool IsUnix { get; }

    /// <summary>A vsock wants small writes and copies anyway, so a pipe gains nothing there; and a splice does not get past an urgent byte.</summary>
    internal bool TakesPipes => _chunk == int.MaxValue && !_wasUrgent;

    /// <summary>It sent its end of stream.</summary>
    internal bool Ended { get; set; }

    /// <summary>An end, an error or an urgent byte was reported: reads go on until nothing is there. At an urgent byte one is short, whatever follows.</summary>
    internal bool IsEnding { get; private set; }

    /// <summary>It is closed in both directions: nothing can be sent to it any more.</summary>
    internal bool HungUp { get; private set; }

    /// <summary>It sends much: its bytes go through a pipe and are not copied.</summary>
    internal bool IsBulk { get; set; }

    /// <summary>Its last read was a large one.</summary>
    internal bool SendsMuch { get; set; }

    /// <summary>Events that wait for the connection's turn.</summary>
    internal int Reported { get; set; }

    /// <summary>It was not read to the end because the others should have their turn.</summary>
    internal bool HasMore { get; set; }

    /// <summary>Some bytes came from it.</summary>
    internal bool HasSent { get; set; }

    internal bool IsWatched => _interest != 0;

    /// <summary>What it has not taken yet.</summary>
    internal PendingWrite Pending;

    /// <summary>Has the kernel report what arrives, and room for more bytes if asked for.</summary>
    internal void Watch(int epoll, bool room = false)
    {
        int interest = room ? s_always | LibC.EPOLLOUT : s_always;
        if (interest == _interest)
            return;
        var change = new epoll_event { events = interest, data = new() { u64 = _key } };
        int operation = _interest == 0 ? LibC.EPOLL_CTL_ADD : LibC.EPOLL_CTL_MOD;
        if (LibC.epoll_ctl(epoll, operation, Fd, &change) != 0)
            throw new IOException($"epoll_ctl failed: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}.");
        _interest = interest;
    }

    /// <summary>Has the kernel report nothing more.</summary>
    internal void Unwatch(int epoll)
    {
        epoll_event unused;
        if (IsWatched)
            _ = LibC.epoll_ctl(epoll, LibC.EPOLL_CTL_DEL, Fd, &unused);
        _interest = 0;
    }

    /// <summary>Has another loop's instance report everything, what is known already as well.</summary>
    internal void Watch(int epoll, ulong key)
    {
        _key = key;
        Watch(epoll, room: Pending.Count > 0);
    }

    /// <summary>Remembers what the kernel reported.</summary>
    internal void Note(int events)
    {
        HungUp |= (events & (LibC.EPOLLHUP | LibC.EPOLLERR)) != 0;
        IsEnding |= (events & (LibC.EPOLLHUP | LibC.EPOLLERR | LibC.EPOLLRDHUP | LibC.EPOLLPRI)) != 0;
        _wasUrgent |= (events & LibC.EPOLLPRI) != 0;
        IsBulk &= TakesPipes;
    }

    /// <summary>Reads.</summary>
    /// <returns>Bytes read; 0 at the end of the stream; -1 when there is nothing now; -2 on an error.</returns>
    internal int Receive(byte* buffer, int length, int flags = 0)
    {
        while (true)
        {
            long read = LibC.recv(Fd, buffer, length, flags);
            if (read >= 0)
                return (int)read;
            int error = Marshal.GetLastPInvokeError();
            if (error == LibC.EAGAIN)
                return -1;
            if (error != LibC.EINTR)
                return -2;
        }
    }

    /// <summary>Writes as much as the kernel takes, in chunks where the socket wants them.</summary>
    /// <returns>Bytes taken, fewer than given when the socket is full; -1 on an error.</returns>
    internal int Send(byte* buffer, int count)
    {
        int sent = 0;
        while (sent < count)
        {
            int chunk = Math.Min(count - sent, _chunk);
            long taken = LibC.send(Fd, buffer + sent, chunk, LibC.MSG_NOSIGNAL);
            if (taken < 0)
            {
                int error = Marshal.GetLastPInvokeError();
                if (error == LibC.EINTR)
                    continue;
                return error == LibC.EAGAIN || error == LibC.ENOBUFS ? sent : -1;
            }

            sent += (int)taken;
            if (taken < chunk)
                return sent;
        }

        return sent;
    }

    /// <summary>Writes bytes that lie in a pipe; as <see cref="Send(byte*, int)"/>.</summary>
    internal int Send(Pipe pipe, int count)
    {
        int sent = 0;
        while (sent < count)
        {
            int taken = pipe.Empty(Fd, count - sent);
            if (taken <= 0)
                return taken == -1 ? sent : -1;
            sent += taken;
        }

        return sent;
    }

    /// <summary>Writes what is pending; as <see cref="Send(byte*, int)"/>.</summary>
    internal int SendPending()
    {
        int sent = Pending.Pipe is { } pipe ? Send(pipe, Pending.Count) : Send(Pending.Memory + Pending.Start, Pending.Count);
        if (sent > 0)
        {
            Pending.Start += sent;
            Pending.Count -= sent;
        }

        return sent;
    }

    /// <summary>Passes an end of stream on.</summary>
    internal void SendEnd() => _ = LibC.shutdown(Fd, LibC.SHUT_WR);

    internal void Close(bool reset)
    {
        if (Fd < 0)
            return;
        if (reset)
            NativeSocket.Reset(Fd);
        else
            _ = LibC.close(Fd);
        Fd = -1;
        _interest = 0;
    }
}
