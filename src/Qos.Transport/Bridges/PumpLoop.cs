using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Tmds.Linux;

namespace Qos.Transport;

/// <summary>
/// One thread with its own epoll instance, one read buffer and the connections that were given to it. Nothing here is
/// shared with other threads but the queue of <see cref="Post"/>, the counts of connections and how much the loop works.
/// </summary>
internal sealed unsafe partial class PumpLoop
{
    private const int MaxEvents = 256;
    private const ulong WakeKey = ulong.MaxValue;
    private static readonly TimeSpan s_tick = TimeSpan.FromSeconds(1);

    // While the loop must ask again because the kernel reports nothing: a busy Unix listener, no descriptors.
    private static readonly TimeSpan s_retry = TimeSpan.FromSeconds(0.1);

    private readonly BridgePump _pump;
    private readonly TimeProvider _time;
    private readonly int _wake;
    private readonly ConcurrentQueue<Action> _posted = new();
    private readonly ITimer _clock;
    private readonly Lock _wakeLock = new();
    private bool _closed;
    private int _wakePending;
    private bool _woken;
    private bool _clockRuns;
    private bool _retries;
    private volatile bool _ticked;
    private volatile bool _stop;

    internal PumpLoop(BridgePump pump, int index, BridgeLimits limits)
    {
        _pump = pump;
        Index = index;
        _time = pump.Options.Time;
        Pending = new PendingWrites(limits.ReadSize, limits.MaxPending);
        Epoll = Checked(LibC.epoll_create1(LibC.EPOLL_CLOEXEC));
        _wake = Checked(LibC.eventfd(0, LibC.EFD_CLOEXEC | LibC.EFD_NONBLOCK));
        Register(_wake, LibC.EPOLLIN, WakeKey);
        Now = _time.GetTimestamp();
        _clock = _time.CreateTimer(static loop => ((PumpLoop)loop!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    internal int Index { get; }

    internal int Epoll { get; }

    internal TimeProvider Time => _time;

    /// <summary>How the scheduler treats its thread; null where that is not known. Set before <see cref="Run"/>.</summary>
    internal IThreadTimes? Times { get; set; }

    internal PendingWrites Pending { get; }

    /// <summary>The time of the last tick, or of the clock's start: exact enough for limits of seconds.</summary>
    internal long Now { get; private set; }

    /// <summary>Runs an action on the loop's thread.</summary>
    internal void Post(Action action)
    {
        _posted.Enqueue(action);
        Wake();
    }

    /// <summary>A time limit began to run: from now on the loop looks at the clock.</summary>
    /// <param name="retries">Whether it must ask again soon for something that the kernel does not report.</param>
    internal void StartClock(bool retries = false)
    {
        if (!_clockRuns)
            Now = _time.GetTimestamp();
        if (!_clockRuns || (retries && !_retries))
            SetClock(true, retries);
    }

    /// <summary>The thread's whole life; all connections are aborted at its end.</summary>
    internal void Run()
    {
        Volatile.Write(ref _load, Times is null ? null : new LoopLoad(Times, _time));
        epoll_event* events = stackalloc epoll_event[MaxEvents];
        while (!_stop)
        {
            int count = Wait(events);
            if (count < 0 && Marshal.GetLastPInvokeError() != LibC.EINTR)
                throw new IOException($"epoll_wait failed: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}.");
            for (int i = 0; i < count; i++)
                Dispatch(events[i].data.u64, events[i].events);
            RunQueue();
            if (_woken)
                OnWake();
        }

        AbortAll(null);
        RunPosted();
        AbortAll(null);
        _clock.Dispose();
        lock (_wakeLock)
        {
            _closed = true;
            _ = LibC.close(_wake);
        }

        _ = LibC.close(Epoll);
        Pending.Dispose();
        (Times as IDisposable)?.Dispose();
    }

    /// <summary>Ends <see cref="Run"/>.</summary>
    internal void Stop()
    {
        _stop = true;
        Wake();
    }

    private void Dispatch(ulong key, int events)
    {
        if (key == WakeKey)
            _woken = true;
        else if ((key & ListenerFlag) != 0)
            Accept((int)key);
        else if (Find(key) is { } connection)
            OnEvent(connection, (key & 1) != 0, events);
    }

    private static void OnEvent(BridgeConnection connection, bool isTarget, int events)
    {
        try
        {
            connection.OnEvent(isTarget, events);
        }
        catch (IOException e)
        {
            Fail(connection, e);
        }
    }

    // After the events that came with it: they may be of sockets that a tick closes.
    private void OnWake()
    {
        _woken = false;
        ulong count;
        _ = LibC.read(_wake, &count, sizeof(ulong));
        Volatile.Write(ref _wakePending, 0);
        Interlocked.MemoryBarrier();
        RunPosted();
        if (!_ticked)
            return;
        _ticked = false;
        OnTick();
    }

    private void RunPosted()
    {
        while (_posted.TryDequeue(out Action? action))
            action();
    }

    private void OnTick()
    {
        Now = _time.GetTimestamp();
        ResumeAccepting();
        bool timed = false, retries = _paused.Count > 0;
        for (int slot = 0; slot < _slotsUsed; slot++)
        {
            if (_slots[slot] is not { IsTimed: true } connection)
                continue;
            Guard(connection, static connection => connection.OnTick());
            timed = true;
            retries |= connection.IsRetrying;
        }

        SetClock(timed, retries);
    }

    private void SetClock(bool timed, bool retries)
    {
        if (_clockRuns == (timed || retries) && _retries == retries)
            return;
        _clockRuns = timed || retries;
        _retries = retries;
        TimeSpan tick = !_clockRuns ? Timeout.InfiniteTimeSpan : retries ? s_retry : s_tick;
        _clock.Change(tick, tick);
    }

    private void Tick()
    {
        _ticked = true;
        Wake();
    }

    private void Wake()
    {
        if (Interlocked.Exchange(ref _wakePending, 1) != 0)
            return;

        // A late tick must not write to a descriptor that is closed, or somebody else's by then.
        lock (_wakeLock)
        {
            ulong one = 1;
            if (!_closed)
                _ = LibC.write(_wake, &one, sizeof(ulong));
        }
    }

    private void Register(int fd, int events, ulong key)
    {
        var change = new epoll_event { events = events, data = new() { u64 = key } };
        _ = Checked(LibC.epoll_ctl(Epoll, LibC.EPOLL_CTL_ADD, fd, &change));
    }

    private static int Checked(int result) => result >= 0
        ? result
        : throw new IOException($"The bridge cannot wait for its sockets: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}.");
}
