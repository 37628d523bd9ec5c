namespace Qos.Fleet;

/// <summary>Speaks with replicas' hosts and apps.</summary>
public interface IFleetNodes
{
    /// <summary>A connection to a replica's host.</summary>
    IFleetNode Connect(ReplicaInstance instance);

    /// <summary>Whether the app says that it is well; false also when it does not answer.</summary>
    Task<bool> IsHealthyAsync(ReplicaInstance instance, HealthCheck check, CancellationToken cancellationToken);
}
