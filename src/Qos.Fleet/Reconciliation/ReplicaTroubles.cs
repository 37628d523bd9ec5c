using System.Collections.Concurrent;

namespace Qos.Fleet;

/// <summary>What the reconciler remembers of replicas in memory alone: since when each fails, and when it last proved itself. Losing it costs time, not truth.</summary>
internal sealed class ReplicaTroubles
{
    private readonly ConcurrentDictionary<string, Trouble> _all = new(StringComparer.Ordinal);

    /// <summary>Counts a failure.</summary>
    public Trouble Failed(string replicaId, DateTimeOffset now) => _all.AddOrUpdate(
        replicaId,
        _ => new Trouble { Since = now, Count = 1 },
        (_, old) => old with { Since = old.Count == 0 || now < old.Since ? now : old.Since, Count = old.Count + 1 });

    /// <summary>Forgets the failures.</summary>
    public void Succeeded(string replicaId)
    {
        if (_all.TryGetValue(replicaId, out Trouble? old) && old.Count > 0)
            _all[replicaId] = old with { Count = 0 };
    }

    /// <summary>When its setup or live document last verified.</summary>
    public DateTimeOffset? VerifiedAt(string replicaId) => _all.TryGetValue(replicaId, out Trouble? known) ? known.VerifiedAt : null;

    /// <summary>Remembers that its setup or live document verified.</summary>
    public void Verified(string replicaId, DateTimeOffset now) =>
        _all.AddOrUpdate(replicaId, _ => new Trouble { VerifiedAt = now }, (_, old) => old with { VerifiedAt = now, Count = 0 });

    /// <summary>Whether its last question failed.</summary>
    public bool IsFailing(string replicaId) => _all.TryGetValue(replicaId, out Trouble? known) && known.Count > 0;

    /// <summary>How many replicas it remembers.</summary>
    public int Count => _all.Count;

    /// <summary>Forgets all replicas but these.</summary>
    public void Keep(IReadOnlySet<string> replicas) => _all.Keep(replicas);

    /// <summary>Since when, and how often in a row.</summary>
    internal sealed record Trouble
    {
        public DateTimeOffset Since { get; init; }

        public int Count { get; init; }

        public DateTimeOffset? VerifiedAt { get; init; }
    }
}
