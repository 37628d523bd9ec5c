using System.Runtime.InteropServices;
using Qos.Native;

namespace Qos.Transport;

/// <summary>One socket of a bridged connection, and what waits to be sent to it.</summary>
internal sealed unsafe class BridgeSide
{
    private const uint Unregistered = uint.MaxValue;

    private readonly ulong _key;
    private readonly int _chunk;
    private uint _interest = Unregistered;

    internal BridgeSide(int fd, ulong key, int chunk)
    {
        Fd = fd;
        _key = key;
        _chunk = chunk;
    }

    internal int Fd { get; private set; }

    /// <summary>It sent its end of stream.</summary>
    internal bool Ended { get; set; }

    /// <summary>It is closed in both directions: nothing can be sent to it any more.</summary>
    internal bool HungUp { get; set; }

    /// <summary>What it has not taken yet.</summary>
    internal ParkedBytes Parked;

    /// <summary>Tells the kernel what to report; a call is made only when that changes.</summary>
    internal void Watch(int epoll, uint interest)
    {
        if (interest == _interest || (interest == 0 && _interest == Unregistered))
            return;
        var change = new LibC.epoll_event { events = interest, data = _key };
        int operation = _interest == Unregistered ? LibC.EPOLL_CTL_ADD : LibC.EPOLL_CTL_MOD;
        if (LibC.epoll_ctl(epoll, operation, Fd, &change) != 0)
            throw new IOException($"epoll_ctl failed: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}.");
        _interest = interest;
    }

    /// <summary>Stops all reports. A hang-up cannot be masked, so it would be told again and again until it can be dealt with.</summary>
    internal void Unwatch(int epoll)
    {
        if (_interest == Unregistered)
            return;
        LibC.epoll_event unused;
        _ = LibC.epoll_ctl(epoll, LibC.EPOLL_CTL_DEL, Fd, &unused);
        _interest = Unregistered;
    }

    /// <summary>Reads.</summary>
    /// <returns>Bytes read; 0 at the end of the stream; -1 when there is nothing now; -2 on an error.</returns>
    internal int Receive(byte* buffer, int length, int flags = 0)
    {
        while (true)
        {
            nint read = LibC.recv(Fd, buffer, (nuint)length, flags);
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
            nint taken = LibC.send(Fd, buffer + sent, (nuint)chunk, LibC.MSG_NOSIGNAL);
            if (taken < 0)
            {
                int error = Marshal.GetLastPInvokeError();
                if (error == LibC.EINTR)
                    continue;
                return error is LibC.EAGAIN or LibC.ENOBUFS ? sent : -1;
            }

            sent += (int)taken;
            if (taken < chunk)
                return sent;
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
        _interest = Unregistered;
    }
}
