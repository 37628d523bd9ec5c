namespace Qos.Fleet;

/// <summary>What the ingress knows of a replica.</summary>
public interface ITraffic
{
    /// <summary>Requests and connections that the replica has not finished.</summary>
    int InFlight(string replicaId);
}
