using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Tmds.Linux;

namespace Qos.Transport;

/// <summary>
/// One bridge of a pump: whatever connects to <see cref="Listening"/> is joined with a connection to <see cref="Connecting"/>, byte
/// for byte, half-close included. Format: docs/protocol/host.md, Bridges.
/// </summary>
public sealed class Bridge : IAsyncDisposable
{
    private static readonly TimeSpan s_quiet = TimeSpan.FromSeconds(10);

    private readonly BridgePump _pump;
    private readonly BridgeTarget _target;
    private readonly LoopCounters[] _counters;
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _stopLock = new();
    private readonly Dictionary<BridgeNoticeKind, long> _reportedAt = [];
    private Task? _notListening;
    private int _open;
    private int _targetDown;
    private volatile bool _stopping;
    private volatile bool _aborting;

    internal Bridge(BridgePump pump, int id, string name, EndPoint listen, BridgeTarget target, BridgeLimits limits)
    {
        _pump = pump;
        Id = id;
        Name = name;
        _target = target;
        Limits = limits;
        Target = target.Known is { } known ? [new NativeAddress(known)] : null;
        _counters = [.. Enumerable.Range(0, pump.Options.Threads).Select(_ => new LoopCounters())];
        ListenFd = NativeSocket.Listen(listen, out EndPoint actual);
        Listening = actual;
        ListenFamily = new NativeAddress(actual).Family;
    }

    /// <summary>What it is called in logs and metrics.</summary>
    public string Name { get; }

    /// <summary>Where it listens; a port that the system chose is filled in.</summary>
    public EndPoint Listening { get; }

    /// <summary>What it connects to, as text.</summary>
    public string Connecting => _target.Name;

    /// <summary>What it may cost.</summary>
    public BridgeLimits Limits { get; }

    /// <summary>What it did so far.</summary>
    public BridgeCounters Counters
    {
        get
        {
            long accepted = 0, refused = 0, reset = 0, to = 0, from = 0;
            foreach (LoopCounters counters in _counters)
            {
                accepted += Volatile.Read(ref counters.Accepted);
                refused += Volatile.Read(ref counters.Refused);
                reset += Volatile.Read(ref counters.Reset);
                to += Volatile.Read(ref counters.BytesToTarget);
                from += Volatile.Read(ref counters.BytesFromTarget);
            }

            return new BridgeCounters(Volatile.Read(ref _open), accepted, refused, reset, to, from);
        }
    }

    internal int Id { get; }

    internal int ListenFd { get; }

    internal int ListenFamily { get; }

    /// <summary>The address that every connection goes to; null when each one asks.</summary>
    internal IReadOnlyList<NativeAddress>? Target { get; }

    /// <summary>Accepts no more, lets the open connections finish, and aborts what is left after a time.</summary>
    /// <param name="drain">How long they may take; zero aborts them at once.</param>
    public async Task StopAsync(TimeSpan drain)
    {
        await StopListeningAsync().ConfigureAwait(false);
        try
        {
            await _empty.Task.WaitAsync(drain, _pump.Options.Time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            _aborting = true;
            await _pump.OnEveryLoopAsync(loop => loop.AbortAll(this)).ConfigureAwait(false);
            await _empty.Task.ConfigureAwait(false);
        }

        _pump.Forget(this);
    }

    /// <summary>Accepts no more and aborts the open connections.</summary>
    public async ValueTask DisposeAsync() => await StopAsync(TimeSpan.Zero).ConfigureAwait(false);

    /// <summary>Open connections are being aborted.</summary>
    internal bool IsAborting => _aborting;

    internal LoopCounters CountersOf(PumpLoop loop) => _counters[loop.Index];

    /// <summary>Counts a connection in, unless the bridge is full.</summary>
    internal bool TryEnter()
    {
        if (Interlocked.Increment(ref _open) <= Limits.MaxConnections)
            return true;
        Leave();
        return false;
    }

    /// <summary>Counts a connection out.</summary>
    internal void Leave()
    {
        if (Interlocked.Decrement(ref _open) == 0 && _stopping)
            _empty.TrySetResult();
    }

    /// <summary>Finds the addresses for one connection; none when they cannot be found, which is reported.</summary>
    /// <param name="found">Takes them, on any thread.</param>
    internal async Task ResolveAsync(Action<IReadOnlyList<NativeAddress>> found)
    {
        IReadOnlyList<NativeAddress> addresses = [];
        try
        {
            addresses = [.. (await _target.FindAsync().ConfigureAwait(false)).Select(endPoint => new NativeAddress(endPoint))];
        }
        catch (Exception e)
        {
            Report(BridgeNoticeKind.TargetUnreachable, $"no address of {Connecting} is known ({e.Message})");
        }

        found(addresses);
    }

    /// <summary>Reports when the target stops or begins to take connections.</summary>
    internal void TargetAnswers(bool answers, int error)
    {
        if (NativeSocket.IsOutOfResources(error))
        {
            Report(BridgeNoticeKind.OutOfResources, $"cannot connect ({Marshal.GetPInvokeErrorMessage(error)}); raise the limit of open files if this stays");
            return;
        }

        int down = answers ? 0 : 1;
        if (Volatile.Read(ref _targetDown) == down || Interlocked.Exchange(ref _targetDown, down) == down)
            return;
        if (answers)
            Report(BridgeNoticeKind.TargetReached, $"{Connecting} takes connections again");
        else
            Report(BridgeNoticeKind.TargetUnreachable, $"{Connecting} takes no connections ({Marshal.GetPInvokeErrorMessage(error)}); is it running?");
    }

    /// <summary>Tells the operator; what can happen with every connection is reported once in a while only.</summary>
    internal void Report(BridgeNoticeKind kind, string what)
    {
        if (_pump.Options.Notify is not { } notify)
            return;
        TimeProvider time = _pump.Options.Time;
        lock (_reportedAt)
        {
            if (_reportedAt.TryGetValue(kind, out long at) && time.GetElapsedTime(at) < s_quiet)
                return;
            _reportedAt[kind] = time.GetTimestamp();
        }

        notify(new BridgeNotice(Name, $"bridge {Name}: {what}") { Kind = kind });
    }

    private Task StopListeningAsync()
    {
        lock (_stopLock)
            return _notListening ??= CloseListenerAsync();
    }

    private async Task CloseListenerAsync()
    {
        await _pump.OnEveryLoopAsync(loop => loop.Unlisten(this)).ConfigureAwait(false);

        // While it listens the file is its own; a successor may have made another one right after.
        if (Listening is UnixDomainSocketEndPoint)
            UnixPath.Remove(Listening.ToString()!);
        _ = LibC.close(ListenFd);

        // Whoever leaves from now on sees the flag; whoever left before is seen in the count.
        _stopping = true;
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _open) == 0)
            _empty.TrySetResult();
    }
}
