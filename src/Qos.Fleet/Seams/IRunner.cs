namespace Qos.Fleet;

/// <summary>
/// Where replicas run. Every call may be repeated: the reconciler asks again whenever it does not know how the last call ended. A runner keeps what
/// it must know outside of the service's process, so that a service that was started again finds its replicas.
/// </summary>
public interface IRunner
{
    /// <summary>Its name in configuration and status.</summary>
    string Kind { get; }

    /// <summary>Where its replicas run: a service whose runner is elsewhere does not find them, and would believe that they are gone.</summary>
    string Place => Kind;

    /// <summary>Whether its enclaves show zeros for PCR0 to PCR2 in debug mode, as Nitro's do.</summary>
    bool ZeroesDebugMeasurements => false;

    /// <summary>
    /// Whether its replicas can give the key to one another. An enclave image believes documents under AWS's root alone, so those that run with other
    /// documents cannot, and each needs the share holders.
    /// </summary>
    bool CanForward => true;

    /// <summary>Raised with a replica's id when something about it changed, so that nobody has to wait for the next look. May be raised too often.</summary>
    event Action<string>? Changed;

    /// <summary>
    /// Tells what is stored, at each look and before anything is asked for; for runners that leave the scheduling to another system and keep their wishes
    /// there. Others need nothing of it.
    /// </summary>
    /// <param name="apps">The apps that are looked at.</param>
    /// <param name="isAll">Whether these are all: what is not among them is not wanted.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task FollowAsync(IReadOnlyList<AppSnapshot> apps, bool isAll, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Asks for a replica: an enclave that waits for its boot, and a host in front of it. Does nothing when it is there already.</summary>
    /// <exception cref="RunnerException">It cannot be started now.</exception>
    Task StartAsync(ReplicaLaunch launch, CancellationToken cancellationToken);

    /// <summary>Everything that runs, or ran and was not stopped, by replica id: also what the store knows nothing of.</summary>
    /// <exception cref="RunnerException">It cannot be told now.</exception>
    Task<IReadOnlyDictionary<string, ReplicaInstance>> ObserveAsync(CancellationToken cancellationToken);

    /// <summary>Ends a replica and frees all it holds. Does nothing when there is none.</summary>
    /// <exception cref="RunnerException">It cannot be ended now.</exception>
    Task StopAsync(string replicaId, CancellationToken cancellationToken);

    /// <summary>What the replica's app wrote, the oldest first. Only asked for deployments in debug mode.</summary>
    /// <param name="replicaId">The replica.</param>
    /// <param name="tailLines">At most so many of the last lines.</param>
    /// <param name="since">Only lines from then on; null for all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<IReadOnlyList<LogLine>> LogsAsync(string replicaId, int tailLines, DateTimeOffset? since, CancellationToken cancellationToken);
}
