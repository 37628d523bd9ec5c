namespace Qos.Transport;

/// <summary>
/// Sharing connections between loops. One loop does all the work as long as it can: what it wakes less it has more time for. It gives connections to others
/// when it hardly rests, when several connections are in bulk, or when other programs keep the processors busy, because then
/// each thread gets a share of its own.
/// </summary>
internal sealed unsafe partial class PumpLoop
{
    // Below this much work of all loops together the last one of them rests again, after a while.
    private const double Calm = 0.5;
    private static readonly TimeSpan s_calm = TimeSpan.FromSeconds(1);

    // Below this much work connections in bulk are in bulk no more.
    private const double Busy = 0.2;

    private LoopLoad? _load;
    private long? _calmSince;
    private int _bulk;

    /// <summary>Connections in bulk.</summary>
    internal int Bulk => Volatile.Read(ref _bulk);

    /// <summary>How much of a processor it used lately.</summary>
    internal double WorkAt(long now) => Volatile.Read(ref _load)?.WorkAt(now) ?? 0;

    /// <summary>A connection begins or ends to be in bulk. On the loop's thread.</summary>
    internal void CountBulk(int change) => Volatile.Write(ref _bulk, _bulk + change);

    /// <summary>Gives open connections to another loop. On the loop's thread, and not in the middle of one of them.</summary>
    /// <param name="other">Takes them.</param>
    /// <param name="count">How many, if so many can be moved now.</param>
    /// <param name="bulk">Only those in bulk.</param>
    internal void Move(PumpLoop other, int count, bool bulk)
    {
        var moved = new List<BridgeConnection>();
        for (int slot = 0; slot < _slotsUsed && moved.Count < count; slot++)
        {
            if (_slots[slot] is not { CanMove: true } connection || (bulk && !connection.IsBulk))
                continue;
            connection.Leave();
            Free(slot);
            other.Reserve();
            moved.Add(connection);
        }

        if (moved.Count > 0)
            other.Post(() => moved.ForEach(other.Adopt));
    }

    private void Adopt(BridgeConnection connection)
    {
        (int slot, ulong key) = TakeSlot();
        _slots[slot] = connection;
        Guard(connection, connection => connection.Join(this, slot, key));

        // Whoever aborted a bridge's connections did not see one that was on its way.
        if (connection.Bridge.IsAborting)
            connection.Abort();
    }

    private void OnSample(LoopLoad load)
    {
        bool bulk = Bulk > 1 && load.Work >= Busy, pressed = load.IsFull || load.IsContended;
        if (Open > 1 && (bulk || pressed))
        {
            _calmSince = null;
            Share(bulkOnly: !pressed);
        }
        else if (load.IsContended || _pump.WorkAt(load.Since) >= Calm)
        {
            _calmSince = null;
        }
        else if (_time.GetElapsedTime(_calmSince ??= load.Began, load.Since) >= s_calm && _pump.TryRetire(this))
        {
            _calmSince = null;
        }
    }

    private void Share(bool bulkOnly)
    {
        PumpLoop other = _pump.LeastOf(bulkOnly);
        if (LeadOver(other) < 2 && _pump.TryGrow() is { } grown)
            other = grown;
        int lead = LeadOver(other);
        if (lead > 1)
            Move(other, lead / 2, bulkOnly);

        int LeadOver(PumpLoop loop) => bulkOnly ? Bulk - loop.Bulk : Open - loop.Open;
    }
}
