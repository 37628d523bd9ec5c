using Tmds.Linux;

namespace Qos.Transport;

/// <summary>
/// One bridged connection: the place that decides half-close, aborts and time limits. Bytes go from a read straight into
/// a write; only what the receiver does not take is kept, and then its sender is not read until that is gone, so
/// a connection never holds more than one read each way. An end of stream is passed on after the bytes before it; a
/// reset is passed on at once. Runs on its loop's thread only; an open one can be given to another loop. Format: docs/protocol/host.md, Bridges.
/// </summary>
internal sealed unsafe class BridgeConnection
{
    // From here on a sender is in bulk, and below a quarter of it no more.
    private const int BulkRead = 64 * 1024;

    private readonly Bridge _bridge;
    private readonly BridgeSide _client;
    private readonly ulong _targetKey;
    private PumpLoop _loop;
    private LoopCounters _counters;
    private IReadOnlyList<NativeAddress> _addresses = [];
    private int _tried;
    private BridgeSide? _target;
    private ConnectionState _state;
    private long _began;
    private long _lastMove;

    internal BridgeConnection(PumpLoop loop, Bridge bridge, int slot, int clientFd, ulong clientKey)
    {
        Slot = slot;
        _loop = loop;
        _bridge = bridge;
        _counters = bridge.CountersOf(loop);
        _client = new BridgeSide(clientFd, clientKey, bridge.ListenFamily, bridge.Limits.VsockChunk);
        _targetKey = clientKey | 1;
        _began = _lastMove = loop.Now;
    }

    internal Bridge Bridge => _bridge;

    /// <summary>Its place in the loop's table.</summary>
    internal int Slot { get; private set; }

    /// <summary>One of its sides sends much.</summary>
    internal bool IsBulk { get; private set; }

    /// <summary>True while another loop could go on with it.</summary>
    internal bool CanMove => _state == ConnectionState.Open;

    /// <summary>It is this loop's, and waits for its turn. On the loop's thread, which alone makes a connection its own.</summary>
    internal bool HasTurn(PumpLoop loop) => _loop == loop && IsQueued;

    /// <summary>It waits for its turn in the loop.</summary>
    internal bool IsQueued { get; set; }

    /// <summary>True while a time limit runs, so that the loop must look at the clock.</summary>
    internal bool IsTimed => _state switch
    {
        ConnectionState.Open => IsHalfClosed || _bridge.Limits.IdleTimeout != Timeout.InfiniteTimeSpan,
        ConnectionState.Closed => false,
        _ => true,
    };

    /// <summary>True while the kernel does not report what the connection waits for.</summary>
    internal bool IsRetrying => _state == ConnectionState.Retrying;

    private bool IsHalfClosed => _client.Ended || _target!.Ended;

    /// <summary>Begins to connect to the target, as soon as its addresses are known.</summary>
    internal void Start()
    {
        if (_bridge.Target is { } known)
        {
            Dial(known);
            return;
        }

        Wait(ConnectionState.Resolving);
        _ = _bridge.ResolveAsync(addresses => _loop.Post(() => PumpLoop.Guard(this, connection => connection.Resolved(addresses))));
    }

    /// <summary>Deals with what the kernel reported of one side.</summary>
    internal void OnEvent(bool isTarget, int events)
    {
        if (_state == ConnectionState.Closed || (isTarget ? _target : _client) is not { } side)
            return;
        side.Note(events);
        switch (_state)
        {
            case ConnectionState.Open:
                OnOpenEvent(side, events);
                break;
            case ConnectionState.Connecting when isTarget:
                int error = NativeSocket.PendingError(side.Fd);
                if (error == 0)
                    Connected();
                else
                    DialNext(error);
                break;
            case ConnectionState.Handshaking when isTarget:
                ReadHandshake();
                break;
        }
    }

    /// <summary>Goes on where it stopped for the others.</summary>
    internal void OnTurn()
    {
        if (_state != ConnectionState.Open)
            return;
        OnTurn(_client, _target!);
        OnTurn(_target!, _client);
        CloseIfOver();
    }

    /// <summary>Looks at the time limits.</summary>
    internal void OnTick()
    {
        TimeProvider time = _loop.Time;
        TimeSpan quiet = time.GetElapsedTime(_lastMove, _loop.Now);
        BridgeLimits limits = _bridge.Limits;
        if (_state == ConnectionState.Open)
        {
            TimeSpan allowed = IsHalfClosed ? limits.HalfClosedTimeout : limits.IdleTimeout;
            if (allowed != Timeout.InfiniteTimeSpan && quiet >= allowed)
                Abort();
        }
        else if (_state != ConnectionState.Closed && time.GetElapsedTime(_began, _loop.Now) >= limits.ConnectTimeout)
        {
            Refuse(LibC.ETIMEDOUT);
        }
        else if (_tried < _addresses.Count && quiet >= limits.AttemptTimeout)
        {
            DialNext(LibC.ETIMEDOUT);
        }
        else if (_state == ConnectionState.Retrying)
        {
            Retry();
        }
    }

    /// <summary>Ends both sides at once.</summary>
    internal void Abort()
    {
        if (_state == ConnectionState.Closed)
            return;
        _counters.Reset++;
        End(reset: true);
    }

    /// <summary>Leaves its loop, which deals with it no more.</summary>
    internal void Leave()
    {
        SetBulk(false);
        IsQueued = false;
        foreach (BridgeSide side in (ReadOnlySpan<BridgeSide>)[_client, _target!])
        {
            // The other loop is told of everything anew.
            side.HasMore = false;
            side.Reported = 0;
            side.Unwatch(_loop.Epoll);
            _loop.Pending.Leave(side.Pending);
        }

        // It is no loop's until the other one joins it: this one may still find it in its queue, and must not take it for its own.
        _loop = null!;
    }

    /// <summary>Goes on in another loop. On that one's thread.</summary>
    internal void Join(PumpLoop loop, int slot, ulong key)
    {
        _loop = loop;
        _counters = _bridge.CountersOf(loop);
        Slot = slot;
        loop.Pending.Join(_client.Pending);
        loop.Pending.Join(_target!.Pending);
        SetBulk(_client.IsBulk || _target.IsBulk);
        if (IsTimed)
            loop.StartClock();
        _client.Watch(loop.Epoll, key);
        _target.Watch(loop.Epoll, key | 1);
    }

    // From the moment of a wait on, the loop looks at the clock.
    private void Wait(ConnectionState state)
    {
        bool first = _state == ConnectionState.Accepted;
        _state = state;
        _loop.StartClock(retries: state == ConnectionState.Retrying);
        _lastMove = _loop.Now;
        if (first)
            _began = _lastMove;
    }

    private void Resolved(IReadOnlyList<NativeAddress> addresses)
    {
        if (_state == ConnectionState.Resolving)
            Dial(addresses);
    }

    private void Dial(IReadOnlyList<NativeAddress> addresses)
    {
        _addresses = addresses;
        DialNext(LibC.ENOENT);
    }

    // One address after the other, until one takes the connection.
    private void DialNext(int error)
    {
        while (_tried < _addresses.Count)
        {
            NativeAddress address = _addresses[_tried++];
            _target?.Close(reset: true);
            _target = null;
            int fd = NativeSocket.Dial(address, out error);
            if (fd < 0)
                continue;
            _target = new BridgeSide(fd, _targetKey, address.Family, _bridge.Limits.VsockChunk);
            if (error == 0)
            {
                Connected();
                return;
            }

            Wait(error == LibC.EAGAIN ? ConnectionState.Retrying : ConnectionState.Connecting);
            if (error == LibC.EINPROGRESS)
                _target.Watch(_loop.Epoll, room: true);
            return;
        }

        Refuse(error);
    }

    private void Connected()
    {
        if (_addresses[_tried - 1].Handshake is { } request)
        {
            fixed (byte* bytes = request)
            {
                if (_target!.Send(bytes, request.Length) != request.Length)
                {
                    Refuse(LibC.ECONNREFUSED);
                    return;
                }
            }

            Wait(ConnectionState.Handshaking);
            _target.Watch(_loop.Epoll);
            return;
        }

        Open();
    }

    private void Open()
    {
        BridgeSide target = _target!;
        _state = ConnectionState.Open;
        if (IsTimed)
            _loop.StartClock();
        _lastMove = _loop.Now;
        _bridge.TargetAnswers(true, 0);

        // The first request has often arrived by now. What is registered only then is reported if it came in between.
        Pump(_client, target);
        if (_state == ConnectionState.Open && target.IsWatched)
            Pump(target, _client);
        if (_state != ConnectionState.Open)
            return;
        if (!_client.IsWatched)
            _client.Watch(_loop.Epoll);
        if (!target.IsWatched)
            target.Watch(_loop.Epoll);
        CloseIfOver();
    }

    private void Retry()
    {
        int error = NativeSocket.Connect(_target!.Fd, _addresses[_tried - 1]);
        if (error == 0)
            Connected();
        else if (error != LibC.EAGAIN)
            DialNext(error);
    }

    // Reports are of what is new, so a part of a line causes no further one until more of it comes.
    private void ReadHandshake()
    {
        byte* line = stackalloc byte[VhostUserHandshake.MaxAnswer];
        int have = _target!.Receive(line, VhostUserHandshake.MaxAnswer, LibC.MSG_PEEK);
        if (have == -1)
            return;
        int end = have <= 0 ? -1 : new ReadOnlySpan<byte>(line, have).IndexOf((byte)'\n');
        if (end < 0 && have is > 0 and < VhostUserHandshake.MaxAnswer && !_target.IsEnding)
            return;
        if (end < 0 || !VhostUserHandshake.IsAccepted(new ReadOnlySpan<byte>(line, end + 1)))
        {
            Refuse(LibC.ECONNREFUSED);
            return;
        }

        // What follows the newline is the machine's, so exactly the line is taken.
        _ = _target.Receive(line, end + 1);
        Open();
    }

    private void OnOpenEvent(BridgeSide side, int events)
    {
        // What moves much waits for its turn, so that a message does not wait for all that do.
        if (IsQueued || _client.SendsMuch || _target!.SendsMuch)
        {
            side.Reported |= events;
            _loop.Queue(this);
            return;
        }

        Act(side, events);
        CloseIfOver();
    }

    private void Act(BridgeSide side, int events)
    {
        if ((events & LibC.EPOLLOUT) != 0)
            Flush(side);
        if (_state == ConnectionState.Open && (events & ~LibC.EPOLLOUT) != 0)
            Pump(side, PeerOf(side));
    }

    // Moves bytes until the sender has none, the receiver takes none, or the others should have their turn.
    private void Pump(BridgeSide from, BridgeSide to)
    {
        int share = _bridge.Limits.FairShare;
        while (!from.Ended && to.Pending.Count == 0)
        {
            if (share <= 0)
            {
                from.HasMore = true;
                _loop.Queue(this);
                return;
            }

            int read = from.IsBulk ? Splice(from, to) : Copy(from, to);
            if (read <= 0)
                return;
            share -= read;
        }
    }

    private void OnTurn(BridgeSide from, BridgeSide to)
    {
        (int events, bool more) = (from.Reported, from.HasMore);
        (from.Reported, from.HasMore) = (0, false);
        if (_state == ConnectionState.Open)
            Act(from, events);
        if (_state == ConnectionState.Open && more && (events & ~LibC.EPOLLOUT) == 0)
            Pump(from, to);
    }

    // Returns how much was moved; 0 when there is no more now, or ever.
    private int Copy(BridgeSide from, BridgeSide to)
    {
        PendingWrites pending = _loop.Pending;
        int wanted = pending.ReadSize;
        int read = from.Receive(pending.Buffer, wanted);
        if (read <= 0)
            return Nothing(from, to, read);
        int sent = to.Send(pending.Buffer, read);
        if (!Count(from, to, read, sent))
            return 0;
        if (sent < read)
        {
            to.Pending = pending.Keep(sent, read - sent);
            to.Watch(_loop.Epoll, room: true);
            return 0;
        }

        SetBulk(from, to, read >= BulkRead && from.TakesPipes && to.TakesPipes);

        // A short read of a stream says that it is drained; the kernel reports what comes after it.
        return read < wanted && !from.IsEnding && !from.IsBulk ? 0 : read;
    }

    // The same without a copy.
    private int Splice(BridgeSide from, BridgeSide to)
    {
        PendingWrites pending = _loop.Pending;
        if (pending.TakePipe() is not { } pipe)
        {
            SetBulk(from, to, false);
            return Copy(from, to);
        }

        int read = pipe.Fill(from.Fd, PendingWrites.SpliceSize);
        if (read <= 0)
        {
            pending.Return(pipe);
            if (read < 0)
                return Nothing(from, to, read);

            // The end, or an urgent byte with the end behind it, at which a splice stops as well: a read tells.
            SetBulk(from, to, false);
            return Copy(from, to);
        }

        int sent = to.Send(pipe, read);
        if (sent < read)
            to.Pending = pending.Keep(pipe, read - Math.Max(sent, 0));
        else
            pending.Return(pipe);
        if (!Count(from, to, read, sent))
            return 0;
        SetBulk(from, to, read >= BulkRead / 4);
        if (sent < read)
            to.Watch(_loop.Epoll, room: true);
        return sent < read ? 0 : read;
    }

    private void SetBulk(BridgeSide from, BridgeSide to, bool bulk)
    {
        from.IsBulk = bulk;
        SetBulk(bulk || to.IsBulk);
    }

    private void SetBulk(bool bulk)
    {
        if (bulk == IsBulk)
            return;
        IsBulk = bulk;
        _loop.CountBulk(bulk ? 1 : -1);
    }

    private int Nothing(BridgeSide from, BridgeSide to, int read)
    {
        if (read == 0)
            EndOf(from, to);
        else if (read == -2)
            Abort();
        return 0;
    }

    // False when the receiver is gone.
    private bool Count(BridgeSide from, BridgeSide to, int read, int sent)
    {
        if (sent < 0)
        {
            AbortAfterLastWords(to);
            return false;
        }

        _lastMove = _loop.Now;
        from.HasSent = true;
        from.SendsMuch = read >= BulkRead;
        if (from == _client)
            _counters.BytesToTarget += read;
        else
            _counters.BytesFromTarget += read;
        return true;
    }

    // Whoever takes no more may have said why before: an answer to a part of a question.
    private void AbortAfterLastWords(BridgeSide gone)
    {
        BridgeSide other = PeerOf(gone);
        byte* buffer = _loop.Pending.Buffer;
        for (int left = _bridge.Limits.FairShare; left > 0 && !gone.Ended && other.Pending.Count == 0;)
        {
            int read = gone.Receive(buffer, _loop.Pending.ReadSize);
            if (read <= 0 || other.Send(buffer, read) < read)
                break;
            left -= read;
            if (gone == _client)
                _counters.BytesToTarget += read;
            else
                _counters.BytesFromTarget += read;
        }

        Abort();
    }

    private void Flush(BridgeSide to)
    {
        if (to.Pending.Count == 0)
        {
            // Room was asked for once and is no news any more.
            to.Watch(_loop.Epoll);
            return;
        }

        if (to.SendPending() < 0)
        {
            AbortAfterLastWords(to);
            return;
        }

        _lastMove = _loop.Now;
        if (to.Pending.Count > 0)
            return;
        _loop.Pending.Release(ref to.Pending);

        // Its sender was not read while bytes were pending, so what it sent since then was not reported again.
        Pump(PeerOf(to), to);
    }

    private void EndOf(BridgeSide from, BridgeSide to)
    {
        from.Ended = true;
        if (to.Ended || IsDropped(from, to))
            return;
        to.SendEnd();
        _loop.StartClock();
        _lastMove = _loop.Now;
    }

    private void CloseIfOver()
    {
        if (_state != ConnectionState.Open)
            return;
        if (IsDropped(_client, _target!) || IsDropped(_target!, _client))
            Abort();
        else if ((_client.Ended && (_target!.Ended || _client.HungUp)) || (_target!.Ended && _target.HungUp))
            End(reset: false);
    }

    // A Unix socket knows no reset: the other half of a bridge that could not reach its target closes it without a byte.
    private static bool IsDropped(BridgeSide side, BridgeSide peer) =>
        side.IsUnix && side.Ended && side.HungUp && !side.HasSent && !peer.Ended;

    private BridgeSide PeerOf(BridgeSide side) => side == _client ? _target! : _client;

    private void Refuse(int error)
    {
        _counters.Refused++;
        _bridge.TargetAnswers(false, error);
        End(reset: true);
    }

    private void End(bool reset)
    {
        _state = ConnectionState.Closed;
        SetBulk(false);
        Close(_client, reset);
        if (_target is { } target)
            Close(target, reset);
        _loop.Remove(this);
    }

    private void Close(BridgeSide side, bool reset)
    {
        _loop.Pending.Release(ref side.Pending);
        side.Close(reset);
    }

    private enum ConnectionState
    {
        Accepted,
        Resolving,
        Connecting,
        Retrying,
        Handshaking,
        Open,
        Closed,
    }
}
