using System.Net;

namespace Qos.Transport;

/// <summary>
/// Moves the bytes of all bridges of a process. Its own epoll loops do it and not the framework's asynchronous sockets,
/// because those move every byte through two more threads. Format: docs/protocol/host.md, Bridges.
/// </summary>
public sealed class BridgePump : IAsyncDisposable
{
    private const int LoopStack = 256 * 1024;
    private const int AllowedLead = 2;

    private readonly PumpLoop[] _loops;
    private readonly Thread[] _threads;
    private readonly List<Bridge> _bridges = [];
    private readonly Lock _workingLock = new();
    private int _working;
    private int _lastId;
    private int _open;
    private bool _disposed;

    /// <summary>Starts the loops.</summary>
    /// <param name="options">How it runs.</param>
    /// <param name="limits">The limits of its bridges; the sizes of buffers are the loops'.</param>
    /// <exception cref="IOException">The system gives no epoll instance.</exception>
    /// <exception cref="InvalidOperationException"><see cref="BridgePumpOptions.OnLoopStart"/> failed.</exception>
    public BridgePump(BridgePumpOptions? options = null, BridgeLimits? limits = null)
    {
        Options = options ?? new BridgePumpOptions();
        Limits = limits ?? BridgeLimits.Default;
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Options.Threads, nameof(options));
        _loops = [.. Enumerable.Range(0, Options.Threads).Select(index => new PumpLoop(this, index, Limits))];
        _threads = new Thread[_loops.Length];
        var started = new Task<bool>[_loops.Length];
        for (int i = 0; i < _loops.Length; i++)
            (_threads[i], started[i]) = Start(_loops[i]);
        try
        {
            Task.WaitAll(started);
        }
        catch (AggregateException e)
        {
            StopLoops();
            throw new InvalidOperationException($"A loop of the bridge could not start: {e.InnerException!.Message}", e.InnerException);
        }

        // Loops that do not know how much they work share from the beginning.
        _working = started.All(start => start.Result) ? 1 : _loops.Length;
        foreach (PumpLoop loop in _loops.AsSpan(0, _working))
            loop.Post(loop.StartListening);
    }

    /// <summary>The bridges that are open.</summary>
    public IReadOnlyList<Bridge> Bridges
    {
        get
        {
            lock (_bridges)
                return [.. _bridges];
        }
    }

    internal BridgePumpOptions Options { get; }

    internal BridgeLimits Limits { get; }

    /// <summary>All loops, those that rest as well.</summary>
    internal IReadOnlyList<PumpLoop> Loops => _loops;

    /// <summary>The loops that accept.</summary>
    internal ReadOnlySpan<PumpLoop> Working => _loops.AsSpan(0, Volatile.Read(ref _working));

    internal bool IsWorking(PumpLoop loop) => loop.Index < Volatile.Read(ref _working);

    /// <summary>Opens a bridge.</summary>
    /// <param name="listen">Where connections come in.</param>
    /// <param name="target">Where each of them goes.</param>
    /// <param name="name">What it is called in logs and metrics.</param>
    /// <exception cref="TransportException">
    /// <see cref="TransportError.AddressInUse"/> or <see cref="TransportError.BadAddress"/>.
    /// </exception>
    /// <exception cref="IOException">The system watches no more sockets.</exception>
    public Bridge Listen(EndPoint listen, BridgeTarget target, string name)
    {
        ArgumentNullException.ThrowIfNull(listen);
        ArgumentNullException.ThrowIfNull(target);
        ArgumentException.ThrowIfNullOrEmpty(name);
        ObjectDisposedException.ThrowIf(_disposed, this);
        var bridge = new Bridge(this, Interlocked.Increment(ref _lastId), name, listen, target, Limits);
        lock (_bridges)
            _bridges.Add(bridge);
        try
        {
            OnEveryLoopAsync(loop => loop.Listen(bridge)).GetAwaiter().GetResult();
            return bridge;
        }
        catch (IOException)
        {
            _ = bridge.StopAsync(TimeSpan.Zero);
            throw;
        }
    }

    /// <summary>Opens a bridge to an address that stays the same.</summary>
    public Bridge Listen(EndPoint listen, EndPoint connect, string name) => Listen(listen, new BridgeTarget(connect), name);

    /// <summary>Stops every bridge: none accepts any more, open connections may finish within a time.</summary>
    public async Task StopAsync(TimeSpan drain) =>
        await Task.WhenAll(Bridges.Select(bridge => bridge.StopAsync(drain))).ConfigureAwait(false);

    /// <summary>Aborts all connections and ends the loops.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
            return;
        _disposed = true;
        await StopAsync(TimeSpan.Zero).ConfigureAwait(false);
        StopLoops();
    }

    /// <summary>
    /// The loop that a connection stays on: the one that accepted it, unless another one has far fewer. Moving it costs a wake-up.
    /// </summary>
    internal PumpLoop LoopFor(PumpLoop accepting)
    {
        PumpLoop least = LeastOf(bulk: false);
        return accepting.Open > 2 * least.Open + AllowedLead ? least : accepting;
    }

    /// <summary>The loop with the fewest connections, or with the fewest in bulk.</summary>
    internal PumpLoop LeastOf(bool bulk)
    {
        PumpLoop least = _loops[0];
        foreach (PumpLoop loop in Working)
        {
            if (bulk ? loop.Bulk < least.Bulk : loop.Open < least.Open)
                least = loop;
        }

        return least;
    }

    /// <summary>How much all loops together used of processors lately.</summary>
    internal double WorkAt(long now)
    {
        double all = 0;
        foreach (PumpLoop loop in _loops)
            all += loop.WorkAt(now);
        return all;
    }

    /// <summary>Sets one more loop to work; null when all do.</summary>
    internal PumpLoop? TryGrow()
    {
        lock (_workingLock)
        {
            if (_working == _loops.Length)
                return null;
            PumpLoop loop = _loops[_working];
            Volatile.Write(ref _working, _working + 1);
            loop.Post(loop.StartListening);
            return loop;
        }
    }

    /// <summary>Lets a loop rest, if it is the last one that works and not the only one: it keeps its connections and accepts no more. On its thread.</summary>
    internal bool TryRetire(PumpLoop loop)
    {
        lock (_workingLock)
        {
            if (loop.Index == 0 || loop.Index != _working - 1)
                return false;
            Volatile.Write(ref _working, _working - 1);
            loop.StopListening();
            return true;
        }
    }

    /// <summary>Counts a connection in, unless the process would run out of descriptors for everything else.</summary>
    internal bool TryEnter()
    {
        if (Interlocked.Increment(ref _open) <= Options.MaxConnections)
            return true;
        Leave();
        return false;
    }

    /// <summary>Counts a connection out.</summary>
    internal void Leave() => Interlocked.Decrement(ref _open);

    internal Task OnEveryLoopAsync(Action<PumpLoop> action) => Task.WhenAll(_loops.Select(loop =>
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Post(() =>
        {
            try
            {
                action(loop);
                done.SetResult();
            }
            catch (IOException e)
            {
                done.SetException(e);
            }
        });
        return done.Task;
    }));

    internal void Forget(Bridge bridge)
    {
        lock (_bridges)
            _bridges.Remove(bridge);
    }

    private (Thread Thread, Task<bool> Started) Start(PumpLoop loop)
    {
        var started = new TaskCompletionSource<bool>();
        var thread = new Thread(
            () =>
            {
                try
                {
                    Options.OnLoopStart?.Invoke();
                    loop.Times = Options.OpenTimes();
                    started.SetResult(loop.Times is not null);
                }
                catch (Exception e)
                {
                    started.SetException(e);
                }

                loop.Run();
            },
            LoopStack)
        {
            IsBackground = true,
            Name = $"bridge-{loop.Index}",
        };
        thread.Start();
        return (thread, started.Task);
    }

    private void StopLoops()
    {
        foreach (PumpLoop loop in _loops)
            loop.Stop();
        foreach (Thread thread in _threads)
            thread.Join();
    }
}
