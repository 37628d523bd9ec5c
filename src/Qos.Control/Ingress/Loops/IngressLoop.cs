using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Tmds.Linux;

namespace Qos.Control;

/// <summary>
/// One thread that waits for the sockets of the ingress that were given to it and runs what waits for them itself: a request goes from its client to the
/// replica and back without another thread. Only code of the ingress runs here, and none of it may block.
/// </summary>
internal sealed unsafe class IngressLoop : IDisposable
{
    private const int MaxEvents = 128;
    private const ulong WakeKey = ulong.MaxValue;
    private readonly int _epoll;
    private readonly int _wake;
    private readonly Lock _lock = new();
    private readonly ConcurrentQueue<LoopSocket> _turns = new();

    // By descriptor. The kernel keeps a number beside it: an event of a descriptor that was closed meanwhile is not its next owner's.
    private LoopSocket?[] _sockets = new LoopSocket?[256];
    private uint _added;
    private int _wakePending;
    private int _count;
    private int _clients;
    private bool _closed;
    private volatile bool _stop;

    public IngressLoop(int index)
    {
        Index = index;
        _epoll = Checked(LibC.epoll_create1(LibC.EPOLL_CLOEXEC));
        _wake = Checked(LibC.eventfd(0, LibC.EFD_CLOEXEC | LibC.EFD_NONBLOCK));
        Watch(_wake, LibC.EPOLLIN, WakeKey);
        new Thread(Run) { IsBackground = true, Name = $"ingress {index}" }.UnsafeStart();
    }

    public int Index { get; }

    /// <summary>How many sockets it has.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>How many of them are connections of clients.</summary>
    public int Clients => Volatile.Read(ref _clients);

    public void ClientCame() => Interlocked.Increment(ref _clients);

    public void ClientWent() => Interlocked.Decrement(ref _clients);

    /// <summary>Watches a socket that does not block, until <see cref="Remove"/>.</summary>
    public void Add(LoopSocket socket)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            if (socket.Descriptor >= _sockets.Length)
            {
                LoopSocket?[] larger = new LoopSocket?[Math.Max(_sockets.Length * 2, socket.Descriptor + 1)];
                _sockets.CopyTo(larger, 0);
                Volatile.Write(ref _sockets, larger);
            }

            socket.Key = ((ulong)++_added << 32) | (uint)socket.Descriptor;
            Volatile.Write(ref _sockets[socket.Descriptor], socket);
            Watch(socket.Descriptor, LibC.EPOLLIN | LibC.EPOLLOUT | LibC.EPOLLRDHUP | LibC.EPOLLET, socket.Key);
            Volatile.Write(ref _count, _count + 1);
        }
    }

    /// <summary>Forgets a socket. Its owner closes it afterwards, which ends the kernel's watch.</summary>
    public void Remove(LoopSocket socket)
    {
        lock (_lock)
        {
            if (_sockets[socket.Descriptor] != socket)
                return;
            _sockets[socket.Descriptor] = null;
            Volatile.Write(ref _count, _count - 1);
        }
    }

    /// <summary>Signals a socket that still has something to read after the others had their turn.</summary>
    public void Later(LoopSocket socket)
    {
        _turns.Enqueue(socket);
        Wake();
    }

    public void Dispose()
    {
        _stop = true;
        Wake();
    }

    private static int Checked(int result) => result >= 0
        ? result
        : throw new IOException($"The ingress cannot wait for its sockets: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}.");

    private void Watch(int descriptor, int events, ulong key)
    {
        epoll_event watched;
        watched.events = events;
        watched.data.u64 = key;
        Checked(LibC.epoll_ctl(_epoll, LibC.EPOLL_CTL_ADD, descriptor, &watched));
    }

    private void Run()
    {
        epoll_event* events = stackalloc epoll_event[MaxEvents];
        while (!_stop)
        {
            int count = LibC.epoll_wait(_epoll, events, MaxEvents, -1);
            bool woken = false;
            for (int i = 0; i < count; i++)
            {
                ulong key = events[i].data.u64;
                if (key == WakeKey)
                    woken = true;
                else if (Volatile.Read(ref _sockets)[(uint)key] is { } socket && socket.Key == key)
                    socket.OnEvent(events[i].events);
            }

            if (woken)
                OnWake();
        }

        Close();
    }

    private void OnWake()
    {
        ulong count;
        _ = LibC.read(_wake, &count, sizeof(ulong));
        Volatile.Write(ref _wakePending, 0);
        Interlocked.MemoryBarrier();
        for (int turns = _turns.Count; turns > 0 && _turns.TryDequeue(out LoopSocket? socket); turns--)
            socket.OnEvent(LibC.EPOLLIN);
        if (!_turns.IsEmpty)
            Wake();
    }

    private void Wake()
    {
        if (Interlocked.Exchange(ref _wakePending, 1) != 0)
            return;
        lock (_lock)
        {
            ulong one = 1;
            if (!_closed)
                _ = LibC.write(_wake, &one, sizeof(ulong));
        }
    }

    private void Close()
    {
        lock (_lock)
        {
            _closed = true;
            _ = LibC.close(_wake);
            _ = LibC.close(_epoll);
        }

        foreach (LoopSocket? socket in _sockets)
            socket?.Dispose();
    }
}
