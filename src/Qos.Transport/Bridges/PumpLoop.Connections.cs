namespace Qos.Transport;

/// <summary>The loop's table of connections. A key names a place and its generation, so late events find nobody.</summary>
internal sealed unsafe partial class PumpLoop
{
    private const int MaxTurns = 4;

    private readonly Stack<int> _slotsFree = new();
    private readonly Queue<BridgeConnection> _queue = new();
    private BridgeConnection?[] _slots = new BridgeConnection?[64];
    private uint[] _generations = new uint[64];
    private int _slotsUsed;
    private int _open;

    /// <summary>Connections that were given to this loop.</summary>
    internal int Open => Volatile.Read(ref _open);

    /// <summary>Counts a connection as this loop's, before it gets here.</summary>
    internal void Reserve() => Interlocked.Increment(ref _open);

    /// <summary>Takes an accepted connection, which was reserved before. On the loop's thread.</summary>
    internal void Add(Bridge bridge, int clientFd)
    {
        (int slot, ulong key) = TakeSlot();
        var connection = new BridgeConnection(this, bridge, slot, clientFd, key);
        _slots[slot] = connection;
        Guard(connection, static connection => connection.Start());
    }

    /// <summary>Forgets a connection that closed its sockets.</summary>
    internal void Remove(BridgeConnection connection)
    {
        Free(connection.Slot);
        _pump.Leave();
        connection.Bridge.Leave();
    }

    /// <summary>Aborts the connections of one bridge, or all.</summary>
    internal void AbortAll(Bridge? bridge)
    {
        for (int slot = 0; slot < _slotsUsed; slot++)
        {
            if (_slots[slot] is { } connection && (bridge is null || connection.Bridge == bridge))
                connection.Abort();
        }
    }

    /// <summary>Gives a connection that has more to move another turn, after the others.</summary>
    internal void Queue(BridgeConnection connection)
    {
        if (connection.IsQueued)
            return;
        connection.IsQueued = true;
        _queue.Enqueue(connection);
    }

    /// <summary>Does something with a connection. What the kernel refuses to watch costs the one that it was for, not the loop and all the others.</summary>
    internal static void Guard(BridgeConnection connection, Action<BridgeConnection> action)
    {
        try
        {
            action(connection);
        }
        catch (IOException e)
        {
            Fail(connection, e);
        }
    }

    private static void Fail(BridgeConnection connection, IOException e)
    {
        connection.Bridge.Report(BridgeNoticeKind.Fault, $"a connection was closed ({e.Message})");
        connection.Abort();
    }

    private (int Slot, ulong Key) TakeSlot()
    {
        if (!_slotsFree.TryPop(out int slot))
            slot = _slotsUsed++;
        if (slot == _slots.Length)
        {
            Array.Resize(ref _slots, 2 * slot);
            Array.Resize(ref _generations, 2 * slot);
        }

        return (slot, ((ulong)(++_generations[slot] & 0x7FFF_FFFF) << 32) | ((ulong)slot << 1));
    }

    private void Free(int slot)
    {
        _slots[slot] = null;
        _slotsFree.Push(slot);
        Interlocked.Decrement(ref _open);
    }

    // Only a few, so that what is new does not wait for all of them.
    private void RunQueue()
    {
        for (int turns = Math.Min(_queue.Count, MaxTurns); turns > 0; turns--)
        {
            BridgeConnection connection = _queue.Dequeue();
            if (!connection.HasTurn(this))
                continue;
            connection.IsQueued = false;
            Guard(connection, static connection => connection.OnTurn());
        }
    }

    private BridgeConnection? Find(ulong key)
    {
        int slot = (int)((uint)key >> 1);
        return (_generations[slot] & 0x7FFF_FFFF) == (uint)(key >> 32) ? _slots[slot] : null;
    }
}
