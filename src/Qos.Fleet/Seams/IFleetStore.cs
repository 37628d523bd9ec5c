namespace Qos.Fleet;

/// <summary>What the reconciler reads and writes. Every call is one transaction.</summary>
public interface IFleetStore
{
    /// <summary>One app, or all, with everything that is not gone.</summary>
    Task<IReadOnlyList<AppSnapshot>> LoadAsync(string? appId, CancellationToken cancellationToken);

    /// <summary>Keeps a new replica; false when its slot is taken by one that is not gone, or its deployment may not have any.</summary>
    Task<bool> AddReplicaAsync(Replica replica, CancellationToken cancellationToken);

    /// <summary>Keeps a replica's change; false when another change came first.</summary>
    Task<bool> SaveReplicaAsync(Replica replica, CancellationToken cancellationToken);

    /// <summary>Appends a boot proof to the chain and keeps the replica's change, both or neither.</summary>
    /// <returns>False when the key is already another replica's, or another change of the replica came first.</returns>
    Task<bool> RecordProofAsync(BootProofRecord proof, Replica replica, CancellationToken cancellationToken);

    /// <summary>Which replica a setup or ephemeral key was seen in a verified document of; null for none.</summary>
    Task<string?> OwnerOfKeyAsync(string key, CancellationToken cancellationToken);

    /// <summary>Keeps what became of a share.</summary>
    Task MarkShareAsync(string shareId, ShareState state, string? message, CancellationToken cancellationToken);

    /// <summary>Ends the time in which a deleted deployment could be restored.</summary>
    Task PurgeAsync(string deploymentId, CancellationToken cancellationToken);
}
