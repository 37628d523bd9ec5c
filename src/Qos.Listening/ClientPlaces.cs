using System.Net;

namespace Qos.Listening;

/// <summary>
/// The places that a server has for connections, by their clients' addresses. One address may have all of them, as a load balancer has; when they are used up, the address
/// that has most of them gives the idlest one to each that comes from an address with fewer.
/// </summary>
/// <param name="most">How many there are.</param>
/// <param name="exchanged">How many further ones there may be, of connections that were closed for others and have not ended yet; at least one.</param>
/// <param name="time">What tells which one is the idlest.</param>
public sealed class ClientPlaces(int most, int exchanged, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, HashSet<ClientPlace>> _byAddress = new(StringComparer.Ordinal);
    private readonly HashSet<ClientPlace> _leaving = [];
    private int _count;

    /// <summary>How many further ones go with so many places: those that are closed for others end soon.</summary>
    public static int ExchangedOf(int most) => Math.Max(16, most / 16);

    /// <summary>How many there are.</summary>
    public int Most => most;

    /// <summary>How many are taken.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _count;
        }
    }

    internal TimeProvider Time => time;

    /// <summary>Takes a place for a connection.</summary>
    /// <param name="address">Where its client is.</param>
    /// <param name="isFull">Whether all were taken: with a place, another connection was closed for this one.</param>
    /// <returns>Null when there is none for this client.</returns>
    public ClientPlace? Take(IPAddress? address, out bool isFull)
    {
        string client = ClientAddress.Of(address);
        ClientPlace place, idlest;
        lock (_lock)
        {
            isFull = _count >= most;
            if (!isFull)
                return Add(client);
            if (_leaving.Count >= Math.Max(exchanged, 1) || IdlestFor(client) is not { } found)
                return null;
            idlest = found;
            Remove(idlest);
            _leaving.Add(idlest);
            place = Add(client);
        }

        idlest.Close("It was the idlest of the address that has most connections, and another one needed it.");
        return place;
    }

    /// <summary>Gives a place back; again is nothing.</summary>
    internal void Release(ClientPlace place)
    {
        lock (_lock)
        {
            if (!_leaving.Remove(place))
                Remove(place);
        }
    }

    private ClientPlace Add(string client)
    {
        var place = new ClientPlace(this, client);
        if (!_byAddress.TryGetValue(client, out HashSet<ClientPlace>? its))
            _byAddress.Add(client, its = []);
        its.Add(place);
        _count++;
        return place;
    }

    private void Remove(ClientPlace place)
    {
        if (!_byAddress.TryGetValue(place.Client, out HashSet<ClientPlace>? its) || !its.Remove(place))
            return;
        _count--;
        if (its.Count == 0)
            _byAddress.Remove(place.Client);
    }

    private ClientPlace? IdlestFor(string client)
    {
        int own = _byAddress.TryGetValue(client, out HashSet<ClientPlace>? its) ? its.Count : 0;
        HashSet<ClientPlace>? largest = _byAddress.Values.MaxBy(static places => places.Count);
        return largest is null || own + 1 >= largest.Count
            ? null
            : largest.Where(static place => place.IsOccupied).MinBy(static place => (place.IsAsked, place.LastUse));
    }
}
