namespace Qos.Control;

/// <summary>
/// The ingress's connections by their clients' addresses. One address may have all of them, as a load balancer has; when they are used up, the address that
/// has most of them gives the idlest one to each that comes from an address with fewer.
/// </summary>
internal sealed class IngressClients(ConnectionLimits limits)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, HashSet<LoopConnection>> _byAddress = new(StringComparer.Ordinal);
    private int _count;

    /// <summary>Takes a connection in.</summary>
    /// <param name="connection">It is not of this set yet.</param>
    /// <param name="idlest">The one that is to be closed for it, which is of this set no more; null when there was room.</param>
    /// <returns>False when there is no room.</returns>
    public bool TryAdd(LoopConnection connection, out LoopConnection? idlest)
    {
        idlest = null;
        lock (_lock)
        {
            int own = _byAddress.TryGetValue(connection.Client, out HashSet<LoopConnection>? its) ? its.Count : 0;
            if (_count >= limits.Clients)
            {
                HashSet<LoopConnection>? most = _byAddress.Values.MaxBy(static connections => connections.Count);
                if (most is null || own + 1 >= most.Count)
                    return false;
                idlest = most.MinBy(static other => (other.IsAsked, other.LastUse))!;
                RemoveOne(idlest);
            }

            if (its is null)
                _byAddress.Add(connection.Client, its = []);
            its.Add(connection);
            _count++;
            return true;
        }
    }

    /// <summary>Forgets a connection that has ended; again is nothing.</summary>
    public void Remove(LoopConnection connection)
    {
        lock (_lock)
            RemoveOne(connection);
    }

    private void RemoveOne(LoopConnection connection)
    {
        if (!_byAddress.TryGetValue(connection.Client, out HashSet<LoopConnection>? its) || !its.Remove(connection))
            return;
        _count--;
        if (its.Count == 0)
            _byAddress.Remove(connection.Client);
    }
}
