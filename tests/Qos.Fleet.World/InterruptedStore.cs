namespace Qos.Fleet.World;

/// <summary>A store of which every call may be the service's last.</summary>
public sealed class InterruptedStore(IFleetStore inner, Interruption interruption) : IFleetStore
{
    public Task<IReadOnlyList<AppSnapshot>> LoadAsync(string? appId, CancellationToken cancellationToken) => inner.LoadAsync(appId, cancellationToken);

    public Task<bool> AddReplicaAsync(Replica replica, CancellationToken cancellationToken) => interruption.AroundAsync(() => inner.AddReplicaAsync(replica, cancellationToken));

    public Task<bool> SaveReplicaAsync(Replica replica, CancellationToken cancellationToken) => interruption.AroundAsync(() => inner.SaveReplicaAsync(replica, cancellationToken));

    public Task<bool> RecordProofAsync(BootProofRecord proof, Replica replica, CancellationToken cancellationToken) =>
        interruption.AroundAsync(() => inner.RecordProofAsync(proof, replica, cancellationToken));

    public Task<string?> OwnerOfKeyAsync(string key, CancellationToken cancellationToken) => inner.OwnerOfKeyAsync(key, cancellationToken);

    public Task MarkShareAsync(string shareId, ShareState state, string? message, CancellationToken cancellationToken) => interruption.AroundAsync(async () =>
    {
        await inner.MarkShareAsync(shareId, state, message, cancellationToken);
        return true;
    });

    public Task PurgeAsync(string deploymentId, CancellationToken cancellationToken) => inner.PurgeAsync(deploymentId, cancellationToken);
}
