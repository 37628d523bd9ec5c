using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Tmds.Linux;

namespace Qos.Control;

/// <summary>
/// A socket that an <see cref="IngressLoop"/> watches. One reader and one writer at a time; each asks the socket first and then waits for the kernel's
/// next word, which comes on the loop's thread.
/// </summary>
internal sealed class LoopSocket : IDisposable
{
    // A peer that sends faster than it is read does not keep its loop from the others.
    private const int TurnsAtOnce = 16;
    private readonly IngressLoop _loop;
    private readonly Socket _socket;
    private bool _isDrained;
    private bool _isEmpty;
    private int _turns;
    private volatile bool _hasEnded;
    private int _disposed;

    /// <summary>Takes a socket over.</summary>
    public LoopSocket(IngressLoop loop, Socket socket)
    {
        (_loop, _socket) = (loop, socket);
        socket.Blocking = false;
        socket.NoDelay = true;
        Descriptor = (int)socket.Handle;
        loop.Add(this);
    }

    public int Descriptor { get; }

    /// <summary>By what its loop knows it from the earlier owners of its descriptor.</summary>
    public ulong Key { get; set; }

    /// <summary>Something happened since the last wait that concerns a reader.</summary>
    public Edge Readable { get; } = new();

    /// <summary>The same for a writer.</summary>
    public Edge Writable { get; } = new();

    /// <summary>Connects to an address.</summary>
    /// <exception cref="SocketException">The other side refuses, or cannot be reached.</exception>
    public static async ValueTask<LoopSocket> ConnectAsync(IngressLoop loop, IPEndPoint address, CancellationToken cancellationToken)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
        LoopSocket? connecting = null;
        try
        {
            // Asked before it is watched: of a socket that was not, the kernel says that it has ended.
            bool isConnected = TryConnect(socket, address);
            connecting = new LoopSocket(loop, socket);
            using CancellationTokenRegistration givenUp = cancellationToken.UnsafeRegister(static socket => ((LoopSocket)socket!).Dispose(), connecting);
            while (!isConnected)
            {
                await connecting.Writable;
                cancellationToken.ThrowIfCancellationRequested();
                isConnected = TryConnect(socket, address);
            }

            return connecting;
        }
        catch (Exception e)
        {
            connecting?.Dispose();
            socket.Dispose();
            if (e is ObjectDisposedException)
                cancellationToken.ThrowIfCancellationRequested();
            throw;
        }
    }

    /// <summary>Whether a reader should wait for <see cref="Readable"/> before it asks.</summary>
    public bool MustWait()
    {
        if (_isEmpty || (_isDrained && !_hasEnded))
            return true;
        if (++_turns < TurnsAtOnce)
            return false;
        _turns = 0;
        _loop.Later(this);
        return true;
    }

    /// <summary>Reads what is there.</summary>
    /// <returns>How many bytes; 0 when the peer sends no more; -1 when nothing is there yet.</returns>
    /// <exception cref="SocketException">The connection is broken.</exception>
    public int TryReceive(Span<byte> buffer, SocketFlags flags = SocketFlags.None)
    {
        int read = _socket.Receive(buffer, flags, out SocketError error);
        if (error == SocketError.WouldBlock)
        {
            (_isEmpty, _turns) = (true, 0);
            return -1;
        }

        if (error != SocketError.Success)
            throw new SocketException((int)error);

        // The kernel had no more: whatever comes now, the end included, is a new event.
        (_isEmpty, _isDrained) = (false, read < buffer.Length);
        return read;
    }

    /// <summary>Sends all of it.</summary>
    /// <exception cref="SocketException">The connection is broken.</exception>
    public ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        int sent = TrySend(bytes.Span);
        return sent == bytes.Length ? ValueTask.CompletedTask : SendRestAsync(bytes[sent..]);
    }

    /// <summary>The kernel reports something of this socket; on the loop's thread.</summary>
    public void OnEvent(int events)
    {
        if ((events & (LibC.EPOLLRDHUP | LibC.EPOLLHUP | LibC.EPOLLERR)) != 0)
            _hasEnded = true;
        if ((events & (LibC.EPOLLOUT | LibC.EPOLLHUP | LibC.EPOLLERR)) != 0)
            Writable.Signal();
        if ((events & ~LibC.EPOLLOUT) != 0)
        {
            _turns = 0;
            Readable.Signal();
        }
    }

    /// <summary>Says to the peer that no more comes, and to this side that no more is wanted.</summary>
    public void Shutdown()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It is broken already.
        }
    }

    /// <summary>Has what is still to be sent thrown away, and the peer told so, when it is closed.</summary>
    public void Reset()
    {
        try
        {
            _socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It is broken already.
        }
    }

    /// <summary>Closes it. Whoever waits for it learns so on another thread: the one that closes may hold a lock.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        _loop.Remove(this);
        _hasEnded = true;
        _socket.Dispose();
        ThreadPool.UnsafeQueueUserWorkItem(
            static socket =>
            {
                socket.Readable.Signal();
                socket.Writable.Signal();
            },
            this,
            preferLocal: false);
    }

    private static unsafe bool TryConnect(Socket socket, IPEndPoint address)
    {
        SocketAddress native = address.Serialize();
        SafeSocketHandle handle = socket.SafeHandle;
        bool isHeld = false;
        int error;
        try
        {
            // The descriptor is not somebody else's meanwhile.
            handle.DangerousAddRef(ref isHeld);
            fixed (byte* bytes = native.Buffer.Span)
                error = LibC.connect((int)handle.DangerousGetHandle(), (sockaddr*)bytes, native.Size) == 0 ? 0 : Marshal.GetLastPInvokeError();
        }
        finally
        {
            if (isHeld)
                handle.DangerousRelease();
        }

        if (error == 0 || error == LibC.EISCONN)
            return true;
        if (error == LibC.EINPROGRESS || error == LibC.EALREADY)
            return false;
        throw new SocketException((int)(error == LibC.ECONNREFUSED ? SocketError.ConnectionRefused : error == LibC.ETIMEDOUT ? SocketError.TimedOut : SocketError.HostUnreachable));
    }

    private int TrySend(ReadOnlySpan<byte> bytes)
    {
        int sent = _socket.Send(bytes, SocketFlags.None, out SocketError error);
        return error switch
        {
            SocketError.Success => sent,
            SocketError.WouldBlock => 0,
            _ => throw new SocketException((int)error),
        };
    }

    private async ValueTask SendRestAsync(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            await Writable;
            bytes = bytes[TrySend(bytes.Span)..];
        }
    }

    /// <summary>What one side waits for: remembered once when nobody waits.</summary>
    internal sealed class Edge : ICriticalNotifyCompletion
    {
        private static readonly Action s_happened = static () => { };
        private Action? _waiting;

        public bool IsCompleted => Volatile.Read(ref _waiting) == s_happened && Interlocked.CompareExchange(ref _waiting, null, s_happened) == s_happened;

        public Edge GetAwaiter() => this;

        public void GetResult()
        {
        }

        public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

        public void UnsafeOnCompleted(Action continuation)
        {
            if (Interlocked.CompareExchange(ref _waiting, continuation, null) is null)
                return;
            Volatile.Write(ref _waiting, null);
            continuation();
        }

        public void Signal()
        {
            while (true)
            {
                Action? waiting = Volatile.Read(ref _waiting);
                if (waiting == s_happened)
                    return;
                if (Interlocked.CompareExchange(ref _waiting, waiting is null ? s_happened : null, waiting) != waiting)
                    continue;
                waiting?.Invoke();
                return;
            }
        }
    }
}
