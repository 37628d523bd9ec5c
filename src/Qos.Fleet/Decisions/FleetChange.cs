namespace Qos.Fleet;

/// <summary>A change that the plan asks for.</summary>
public abstract record FleetChange
{
    private FleetChange()
    {
    }

    /// <summary>A new replica.</summary>
    public sealed record Add(Replica Replica) : FleetChange;

    /// <summary>A replica's record in another state.</summary>
    public sealed record Move(Replica Before, Replica After) : FleetChange;

    /// <summary>A deleted deployment's time to be restored is over.</summary>
    public sealed record Purge(string DeploymentId) : FleetChange;
}
