namespace Qos.Runtime;

/// <summary>The open connections, and which of them makes room when there are too many.</summary>
internal sealed class ControlConnections(int most)
{
    private readonly Lock _gate = new();
    private readonly HashSet<ControlConnection> _busy = [];

    // The one that has been idle for longest comes first.
    private readonly LinkedList<ControlConnection> _idle = new();

    /// <summary>How many there are.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _busy.Count + _idle.Count;
        }
    }

    /// <summary>Takes in a new connection, which is idle; false when it must be closed instead.</summary>
    public bool TryAdd(ControlConnection connection)
    {
        ControlConnection? evicted = null;
        lock (_gate)
        {
            if (_busy.Count + _idle.Count >= most)
            {
                if (_idle.First is not { } oldest)
                    return false;
                _idle.RemoveFirst();
                evicted = oldest.Value;
            }

            _idle.AddLast(connection.Place);
        }

        evicted?.Abort();
        return true;
    }

    /// <summary>A message begins on a connection; false when the connection had to make room just before.</summary>
    public bool TryBegin(ControlConnection connection)
    {
        lock (_gate)
        {
            if (connection.Place.List is null)
                return false;
            _idle.Remove(connection.Place);
            return _busy.Add(connection);
        }
    }

    /// <summary>A message was answered.</summary>
    public void End(ControlConnection connection)
    {
        lock (_gate)
        {
            _busy.Remove(connection);
            _idle.AddLast(connection.Place);
        }
    }

    /// <summary>A connection is closed.</summary>
    public void Remove(ControlConnection connection)
    {
        lock (_gate)
        {
            _busy.Remove(connection);
            if (connection.Place.List is not null)
                _idle.Remove(connection.Place);
        }
    }
}
