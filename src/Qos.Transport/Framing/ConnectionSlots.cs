namespace Qos.Transport;

/// <summary>A server's open connections, and which of them makes room when there are too many: the one that has been idle for longest, never a busy one.</summary>
public sealed class ConnectionSlots(int most)
{
    private readonly Lock _gate = new();
    private readonly HashSet<Slot> _busy = [];

    // The one that has been idle for longest comes first.
    private readonly LinkedList<Slot> _idle = new();

    /// <summary>How many there are.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _busy.Count + _idle.Count;
        }
    }

    /// <summary>Takes in a new connection, which is idle; null when it must be closed instead.</summary>
    /// <param name="abort">Breaks the connection off, from another thread.</param>
    public Slot? TryAdd(Action abort)
    {
        var slot = new Slot(abort);
        Slot? evicted = null;
        lock (_gate)
        {
            if (_busy.Count + _idle.Count >= most)
            {
                if (_idle.First is not { } oldest)
                    return null;
                _idle.RemoveFirst();
                evicted = oldest.Value;
            }

            _idle.AddLast(slot.Place);
        }

        evicted?.Abort();
        return slot;
    }

    /// <summary>A message begins on a connection; false when the connection had to make room just before.</summary>
    public bool TryBegin(Slot slot)
    {
        ArgumentNullException.ThrowIfNull(slot);
        lock (_gate)
        {
            if (slot.Place.List is null)
                return false;
            _idle.Remove(slot.Place);
            return _busy.Add(slot);
        }
    }

    /// <summary>A message was answered.</summary>
    public void End(Slot slot)
    {
        ArgumentNullException.ThrowIfNull(slot);
        lock (_gate)
        {
            _busy.Remove(slot);
            _idle.AddLast(slot.Place);
        }
    }

    /// <summary>A connection is closed.</summary>
    public void Remove(Slot slot)
    {
        ArgumentNullException.ThrowIfNull(slot);
        lock (_gate)
        {
            _busy.Remove(slot);
            if (slot.Place.List is not null)
                _idle.Remove(slot.Place);
        }
    }

    /// <summary>The place of one connection.</summary>
    public sealed class Slot
    {
        internal Slot(Action abort)
        {
            Abort = abort;
            Place = new LinkedListNode<Slot>(this);
        }

        internal Action Abort { get; }

        internal LinkedListNode<Slot> Place { get; }
    }
}
