using Qos.Native;

namespace Qos.Transport;

/// <summary>
/// One bridged connection: the place that decides half-close, aborts and time limits. Bytes go from a read straight into
/// a write; only what the receiver does not take is parked, and then its sender is not read until that is gone, so
/// a connection never holds more than one read each way. An end of stream is passed on after the bytes before it; a
/// reset is passed on at once. Runs on its loop's thread only. Specification: host, Bridges.
/// </summary>
internal sealed unsafe class BridgeConnection
{
    private readonly PumpLoop _loop;
    private readonly Bridge _bridge;
    private readonly BridgeTally _tally;
    private readonly BridgeSide _client;
    private BridgeSide? _target;
    private ConnectionState _state;
    private long _lastMove;

    internal BridgeConnection(PumpLoop loop, Bridge bridge, int slot, int clientFd, ulong clientKey)
    {
        Slot = slot;
        _loop = loop;
        _bridge = bridge;
        _tally = bridge.TallyOf(loop);
        _client = new BridgeSide(clientFd, clientKey, bridge.ClientChunk);
        _lastMove = loop.Now;
    }

    internal Bridge Bridge => _bridge;

    /// <summary>Its place in the loop's table.</summary>
    internal int Slot { get; }

    /// <summary>True while a time limit runs, so that the loop must look at the clock.</summary>
    internal bool IsTimed => _state switch
    {
        ConnectionState.Open => IsHalfClosed || _bridge.Limits.IdleTimeout != Timeout.InfiniteTimeSpan,
        ConnectionState.Closed => false,
        _ => true,
    };

    private bool IsHalfClosed => _client.Ended || _target!.Ended;

    /// <summary>Begins to connect to the other side.</summary>
    internal void Start(ulong targetKey)
    {
        int fd = NativeSocket.Dial(_bridge.Target, out int error);
        if (fd < 0)
        {
            Refuse(error);
            return;
        }

        _target = new BridgeSide(fd, targetKey, _bridge.TargetChunk);
        _state = error == LibC.EAGAIN ? ConnectionState.Retrying : ConnectionState.Connecting;
        if (error == 0)
        {
            Connected();
            return;
        }

        _loop.StartClock();
        _lastMove = _loop.Now;
        if (error == LibC.EINPROGRESS)
            _target.Watch(_loop.Epoll, LibC.EPOLLOUT);
    }

    /// <summary>Deals with what the kernel reported of one side.</summary>
    internal void OnEvent(bool isTarget, uint events)
    {
        switch (_state)
        {
            case ConnectionState.Open:
                BridgeSide side = isTarget ? _target! : _client;
                if ((events & LibC.EPOLLOUT) != 0 && side.Parked.Count > 0)
                    Drain(side);
                if (_state == ConnectionState.Open && (events & ~LibC.EPOLLOUT) != 0)
                    OnReadable(side, hungUp: (events & (LibC.EPOLLHUP | LibC.EPOLLERR)) != 0);
                Settle();
                break;
            case ConnectionState.Connecting when isTarget:
                int error = NativeSocket.PendingError(_target!.Fd);
                if (error == 0)
                    Connected();
                else
                    Refuse(error);
                break;
            case ConnectionState.Shaking when isTarget:
                ReadHandshake();
                break;
        }
    }

    /// <summary>Looks at the time limits.</summary>
    internal void OnTick(TimeProvider time)
    {
        TimeSpan quiet = time.GetElapsedTime(_lastMove, _loop.Now);
        BridgeLimits limits = _bridge.Limits;
        if (_state == ConnectionState.Open)
        {
            TimeSpan allowed = IsHalfClosed ? limits.HalfClosedTimeout : limits.IdleTimeout;
            if (allowed != Timeout.InfiniteTimeSpan && quiet >= allowed)
                Abort();
        }
        else if (_state != ConnectionState.Closed && quiet >= limits.ConnectTimeout)
        {
            Refuse(LibC.ETIMEDOUT);
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
        _tally.Reset++;
        End(reset: true);
    }

    private void Connected()
    {
        if (_bridge.Handshake is { } request)
        {
            fixed (byte* bytes = request)
            {
                if (_target!.Send(bytes, request.Length) != request.Length)
                {
                    Refuse(LibC.ECONNREFUSED);
                    return;
                }
            }

            _state = ConnectionState.Shaking;
            _loop.StartClock();
            _lastMove = _loop.Now;
            _target.Watch(_loop.Epoll, LibC.EPOLLIN);
            return;
        }

        Open();
    }

    private void Open()
    {
        _state = ConnectionState.Open;
        if (IsTimed)
            _loop.StartClock();
        _lastMove = _loop.Now;
        _bridge.TargetAnswers(true, 0);

        // The first request has often arrived by now.
        Pump(_client, _target!);
        Settle();
    }

    private void Retry()
    {
        int error = NativeSocket.Connect(_target!.Fd, _bridge.Target);
        if (error == 0)
            Connected();
        else if (error != LibC.EAGAIN)
            Refuse(error);
    }

    private void ReadHandshake()
    {
        byte* line = stackalloc byte[VhostUserHandshake.MaxAnswer];
        int have = _target!.Receive(line, VhostUserHandshake.MaxAnswer, LibC.MSG_PEEK);
        if (have == -1)
            return;
        int end = have <= 0 ? -1 : new ReadOnlySpan<byte>(line, have).IndexOf((byte)'\n');
        if (end < 0 && have is > 0 and < VhostUserHandshake.MaxAnswer)
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

    private void OnReadable(BridgeSide from, bool hungUp)
    {
        BridgeSide to = PeerOf(from);
        from.HungUp |= hungUp;
        if (from.Ended)
        {
            if (from.HungUp)
                from.Unwatch(_loop.Epoll);
        }
        else if (to.Parked.Count == 0)
        {
            Pump(from, to);
        }
        else if (hungUp)
        {
            from.Unwatch(_loop.Epoll);
        }
    }

    // Moves bytes until the sender has none, the receiver takes none, or the others should have their turn.
    private void Pump(BridgeSide from, BridgeSide to)
    {
        ParkingLot lot = _loop.Lot;
        int share = _bridge.Limits.FairShare;
        while (share > 0)
        {
            int wanted = lot.ReadSize;
            int read = from.Receive(lot.Buffer, wanted);
            if (read <= 0)
            {
                if (read == 0)
                    EndOf(from, to);
                else if (read == -2)
                    Abort();
                return;
            }

            int sent = to.Send(lot.Buffer, read);
            if (sent < 0)
            {
                Abort();
                return;
            }

            Count(from, read);
            if (sent < read)
            {
                to.Parked = lot.Park(sent, read - sent);
                return;
            }

            // A short read of a stream says that it is drained; the kernel tells when more comes.
            if (read < wanted)
                return;
            share -= read;
        }
    }

    private void Drain(BridgeSide to)
    {
        int sent = to.Send(to.Parked.First, to.Parked.Count);
        if (sent < 0)
        {
            Abort();
            return;
        }

        _lastMove = _loop.Now;
        to.Parked.Start += sent;
        to.Parked.Count -= sent;
        if (to.Parked.Count > 0)
            return;
        _loop.Lot.Release(ref to.Parked);

        // Its sender was not read while bytes were parked, so it has not ended yet.
        Pump(PeerOf(to), to);
    }

    private void EndOf(BridgeSide from, BridgeSide to)
    {
        from.Ended = true;
        to.SendEnd();
        _loop.StartClock();
        _lastMove = _loop.Now;
    }

    // After an event: what each side should be watched for, or the end.
    private void Settle()
    {
        if (_state != ConnectionState.Open)
            return;
        BridgeSide target = _target!;
        if ((_client.Ended && (target.Ended || _client.HungUp)) || (target.Ended && target.HungUp))
        {
            End(reset: false);
            return;
        }

        Watch(_client, target);
        Watch(target, _client);
    }

    private void Watch(BridgeSide side, BridgeSide peer) => side.Watch(
        _loop.Epoll,
        (side.Ended || peer.Parked.Count > 0 ? 0 : LibC.EPOLLIN) | (side.Parked.Count > 0 ? LibC.EPOLLOUT : 0));

    private void Count(BridgeSide from, int bytes)
    {
        _lastMove = _loop.Now;
        if (from == _client)
            _tally.BytesToTarget += bytes;
        else
            _tally.BytesFromTarget += bytes;
    }

    private BridgeSide PeerOf(BridgeSide side) => side == _client ? _target! : _client;

    private void Refuse(int error)
    {
        _tally.Refused++;
        _bridge.TargetAnswers(false, error);
        End(reset: true);
    }

    private void End(bool reset)
    {
        _state = ConnectionState.Closed;
        _loop.Lot.Release(ref _client.Parked);
        _client.Close(reset);
        if (_target is { } target)
        {
            _loop.Lot.Release(ref target.Parked);
            target.Close(reset);
        }

        _loop.Remove(this);
    }

    private enum ConnectionState
    {
        Connecting,
        Retrying,
        Shaking,
        Open,
        Closed,
    }
}
