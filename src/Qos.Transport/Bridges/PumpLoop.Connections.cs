namespace Qos.Transport;

/// <summary>The loop's table of connections. A key names a place and its generation, so late events find nobody.</summary>
internal sealed unsafe partial class PumpLoop
{
    private readonly Stack<int> _slotsFree = new();
    private BridgeConnection?[] _slots = new BridgeConnection?[64];
    private uint[] _generations = new uint[64];
    private int _slotsUsed;
    private int _open;

    /// <summary>Connections that were given to this loop.</summary>
    internal int Open => Volatile.Read(ref _open);

    /// <summary>Counts a connection as this loop's, before it gets here.</summary>
    internal void Reserve() => Interlocked.Increment(ref _open);

    /// <summary>Takes an accepted connection, which was reserved before. On the loop's thread.</summary>
    internal void Adopt(Bridge bridge, int clientFd)
    {
        if (!_slotsFree.TryPop(out int slot))
            slot = _slotsUsed++;
        if (slot == _slots.Length)
        {
            Array.Resize(ref _slots, 2 * slot);
            Array.Resize(ref _generations, 2 * slot);
        }

        ulong key = ((ulong)(++_generations[slot] & 0x7FFF_FFFF) << 32) | ((ulong)slot << 1);
        var connection = new BridgeConnection(this, bridge, slot, clientFd, key);
        _slots[slot] = connection;
        try
        {
            connection.Start(key | 1);
        }
        catch (IOException e)
        {
            Fail(connection, e);
        }
    }

    /// <summary>Forgets a connection that closed its sockets.</summary>
    internal void Remove(BridgeConnection connection)
    {
        _slots[connection.Slot] = null;
        _slotsFree.Push(connection.Slot);
        Interlocked.Decrement(ref _open);
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

    private BridgeConnection? Find(ulong key)
    {
        int slot = (int)((uint)key >> 1);
        return (_generations[slot] & 0x7FFF_FFFF) == (uint)(key >> 32) ? _slots[slot] : null;
    }
}
