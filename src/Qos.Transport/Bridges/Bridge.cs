using System.Runtime.InteropServices;
using Qos.Native;

namespace Qos.Transport;

/// <summary>
/// One bridge of a pump: whatever connects to <see cref="Listening"/> is joined with a connection to <see cref="Connecting"/>, byte
/// for byte, half-close included. Specification: host, Bridges.
/// </summary>
public sealed class Bridge : IAsyncDisposable
{
    private static readonly TimeSpan s_quiet = TimeSpan.FromSeconds(10);

    private readonly BridgePump _pump;
    private readonly BridgeTally[] _tallies;
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _stopLock = new();
    private readonly Dictionary<BridgeNoticeKind, long> _toldAt = [];
    private Task? _notListening;
    private int _open;
    private int _targetDown;
    private volatile bool _stopping;

    internal Bridge(BridgePump pump, int id, string name, BridgeEndPoint listen, BridgeEndPoint connect, BridgeLimits limits)
    {
        _pump = pump;
        Id = id;
        Name = name;
        Connecting = connect;
        Limits = limits;
        Target = new NativeAddress(connect);
        Handshake = connect.Kind == BridgeEndPointKind.VhostUser ? VhostUserHandshake.Request(connect.Port) : null;
        ClientChunk = listen.Kind == BridgeEndPointKind.Vsock ? limits.VsockChunk : int.MaxValue;
        TargetChunk = connect.Kind == BridgeEndPointKind.Vsock ? limits.VsockChunk : int.MaxValue;
        _tallies = [.. Enumerable.Range(0, pump.Options.Threads).Select(_ => new BridgeTally())];
        ListenFd = NativeSocket.Listen(listen, out BridgeEndPoint actual);
        Listening = actual;
    }

    /// <summary>What it is called in logs and metrics.</summary>
    public string Name { get; }

    /// <summary>Where it listens; a port that the system chose is filled in.</summary>
    public BridgeEndPoint Listening { get; }

    /// <summary>What it connects to.</summary>
    public BridgeEndPoint Connecting { get; }

    /// <summary>What it may cost.</summary>
    public BridgeLimits Limits { get; }

    /// <summary>What it did so far.</summary>
    public BridgeCounters Counters
    {
        get
        {
            long accepted = 0, refused = 0, reset = 0, to = 0, from = 0;
            foreach (BridgeTally tally in _tallies)
            {
                accepted += Volatile.Read(ref tally.Accepted);
                refused += Volatile.Read(ref tally.Refused);
                reset += Volatile.Read(ref tally.Reset);
                to += Volatile.Read(ref tally.BytesToTarget);
                from += Volatile.Read(ref tally.BytesFromTarget);
            }

            return new BridgeCounters(Volatile.Read(ref _open), accepted, refused, reset, to, from);
        }
    }

    internal int Id { get; }

    internal int ListenFd { get; }

    internal NativeAddress Target { get; }

    internal byte[]? Handshake { get; }

    internal int ClientChunk { get; }

    internal int TargetChunk { get; }

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
            await _pump.OnEveryLoopAsync(loop => loop.AbortAll(this)).ConfigureAwait(false);
            await _empty.Task.ConfigureAwait(false);
        }

        _pump.Forget(this);
    }

    /// <summary>Accepts no more and aborts the open connections.</summary>
    public async ValueTask DisposeAsync() => await StopAsync(TimeSpan.Zero).ConfigureAwait(false);

    internal BridgeTally TallyOf(PumpLoop loop) => _tallies[loop.Index];

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

    /// <summary>Tells when the other side stops or begins to take connections.</summary>
    internal void TargetAnswers(bool answers, int error)
    {
        int down = answers ? 0 : 1;
        if (Volatile.Read(ref _targetDown) == down || Interlocked.Exchange(ref _targetDown, down) == down)
            return;
        if (answers)
            Tell(BridgeNoticeKind.TargetReached, $"{Connecting} takes connections again");
        else
            Tell(BridgeNoticeKind.TargetUnreachable, $"{Connecting} takes no connections ({Marshal.GetPInvokeErrorMessage(error)}); is it running?");
    }

    /// <summary>Tells the operator; what can happen with every connection is told once in a while only.</summary>
    internal void Tell(BridgeNoticeKind kind, string what)
    {
        if (_pump.Options.Notify is not { } notify)
            return;
        TimeProvider time = _pump.Options.Time;
        lock (_toldAt)
        {
            if (_toldAt.TryGetValue(kind, out long at) && time.GetElapsedTime(at) < s_quiet)
                return;
            _toldAt[kind] = time.GetTimestamp();
        }

        notify(new BridgeNotice(kind, Name, $"bridge {Name}: {what}"));
    }

    private Task StopListeningAsync()
    {
        lock (_stopLock)
            return _notListening ??= CloseListenerAsync();
    }

    private async Task CloseListenerAsync()
    {
        await _pump.OnEveryLoopAsync(loop => loop.Unlisten(this)).ConfigureAwait(false);
        _ = LibC.close(ListenFd);
        if (Listening.Kind == BridgeEndPointKind.Unix)
            File.Delete(Listening.Path);

        // Whoever leaves from now on sees the flag; whoever left before is seen in the count.
        _stopping = true;
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _open) == 0)
            _empty.TrySetResult();
    }
}
