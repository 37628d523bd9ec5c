namespace Qos.Fleet;

/// <summary>Which replica members are asked to give their shares to, where several wait: all of them the same one, until it has enough.</summary>
public static class Provisioning
{
    /// <summary>The replica that the next share is for; null when none waits for shares.</summary>
    /// <param name="replicas">A deployment's replicas.</param>
    /// <param name="shares">The shares that were posted for them.</param>
    /// <param name="threshold">How many a replica needs.</param>
    public static Replica? Next(IEnumerable<Replica> replicas, IReadOnlyList<ProvisioningShare> shares, uint threshold)
    {
        ArgumentNullException.ThrowIfNull(replicas);
        ArgumentNullException.ThrowIfNull(shares);
        return replicas
            .Where(static replica => replica.State == ReplicaState.AwaitingShares)
            .Select(replica => (Replica: replica, Given: shares.Count(share => share.SetupKey == replica.SetupKey && share.State != ShareState.Refused)))
            .OrderBy(waiting => waiting.Given >= threshold)
            .ThenByDescending(static waiting => waiting.Given)
            .ThenBy(static waiting => waiting.Replica.Id, StringComparer.Ordinal)
            .FirstOrDefault().Replica;
    }
}
