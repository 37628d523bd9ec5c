using System.Collections.Concurrent;

namespace Qos.Fleet;

/// <summary>What the reconciler remembers by replica, in memory alone.</summary>
internal static class ReplicaMemory
{
    /// <summary>Forgets all replicas but these.</summary>
    public static void Keep<T>(this ConcurrentDictionary<string, T> remembered, IReadOnlySet<string> replicas)
    {
        foreach (string gone in remembered.Keys.Where(id => !replicas.Contains(id)))
            remembered.TryRemove(gone, out _);
    }
}
