using System.Collections.Concurrent;
using System.Collections.Frozen;
using Qos.Fleet;
using Qos.Fleet.Storage;

namespace Qos.Control;

/// <summary>Which replicas an app's traffic may go to, replaced as a whole whenever it changes: a request sees the table before or after, nothing between.</summary>
internal sealed class IngressTable : ITraffic
{
    private readonly ConcurrentDictionary<string, Destination> _destinations = new(StringComparer.Ordinal);
    private FrozenDictionary<string, AppRoutes> _apps = FrozenDictionary<string, AppRoutes>.Empty;

    /// <summary>The apps that have somewhere to go.</summary>
    public IReadOnlyCollection<AppRoutes> Apps => _apps.Values;

    /// <summary>An app's destinations; null when it has none.</summary>
    public AppRoutes? Find(string appId) => _apps.GetValueOrDefault(appId);

    /// <summary>Replicas that get no new requests and have not finished the old ones.</summary>
    public IReadOnlyList<string> Draining
    {
        get
        {
            HashSet<string> routed = _apps.Values.SelectMany(static app => app.Destinations).Select(static destination => destination.ReplicaId).ToHashSet(StringComparer.Ordinal);
            return [.. _destinations.Values.Where(destination => destination.InFlight > 0 && !routed.Contains(destination.ReplicaId)).Select(static destination => destination.ReplicaId).Order(StringComparer.Ordinal)];
        }
    }

    /// <summary>The same at the other services.</summary>
    public IReadOnlySet<string> DrainingElsewhere { get; set; } = new HashSet<string>();

    /// <inheritdoc/>
    public int InFlight(string replicaId) =>
        (_destinations.TryGetValue(replicaId, out Destination? destination) ? destination.InFlight : 0) + (DrainingElsewhere.Contains(replicaId) ? 1 : 0);

    /// <summary>Takes a new table.</summary>
    public void Replace(IReadOnlyList<IngressRoute> routes)
    {
        _apps = routes.GroupBy(static route => route.AppId, StringComparer.Ordinal).ToFrozenDictionary(
            static group => group.Key,
            group => new AppRoutes(
                group.Key,
                group.First().Kind,
                group.First().Port,
                [.. group.Select(route => _destinations.AddOrUpdate(route.ReplicaId, id => new Destination(id, route.Address), (id, old) => old.Address == route.Address ? old : new Destination(id, route.Address)))]),
            StringComparer.Ordinal);
        HashSet<string> used = routes.Select(static route => route.ReplicaId).ToHashSet(StringComparer.Ordinal);
        foreach ((string id, Destination destination) in _destinations)
        {
            if (!used.Contains(id) && destination.InFlight == 0)
                _destinations.TryRemove(id, out _);
        }
    }

    /// <summary>An app's destinations.</summary>
    internal sealed record AppRoutes(string AppId, IngressKind Kind, int? Port, IReadOnlyList<Destination> Destinations)
    {
        /// <summary>The one with the least to do that was not tried yet; one that just failed only when nothing else is left.</summary>
        public Destination? Choose(List<Destination>? tried, long now)
        {
            Destination? best = null;
            int start = Destinations.Count > 1 ? Random.Shared.Next(Destinations.Count) : 0;
            for (int i = 0; i < Destinations.Count; i++)
            {
                Destination candidate = Destinations[(start + i) % Destinations.Count];
                if (tried?.Contains(candidate) == true)
                    continue;
                if (best is null || (best.IsSuspect(now) && !candidate.IsSuspect(now)) || (best.IsSuspect(now) == candidate.IsSuspect(now) && candidate.InFlight < best.InFlight))
                    best = candidate;
            }

            return best;
        }
    }

    /// <summary>A replica's app.</summary>
    internal sealed class Destination(string replicaId, string address)
    {
        private const long SuspectMs = 2000;
        private int _inFlight;
        private long _suspectUntil;

        public string ReplicaId => replicaId;

        public string Address => address;

        public string Prefix { get; } = $"http://{address}/";

        public int InFlight => Volatile.Read(ref _inFlight);

        public void Begin() => Interlocked.Increment(ref _inFlight);

        public void End() => Interlocked.Decrement(ref _inFlight);

        public bool IsSuspect(long now) => Volatile.Read(ref _suspectUntil) > now;

        public void Suspect(long now) => Volatile.Write(ref _suspectUntil, now + SuspectMs);
    }
}
