namespace Qos.Fleet;

/// <summary>What the reconciler works with.</summary>
public sealed class FleetParts
{
    /// <summary>What is stored.</summary>
    public required IFleetStore Store { get; init; }

    /// <summary>Where replicas run.</summary>
    public required IRunner Runner { get; init; }

    /// <summary>How replicas are spoken with.</summary>
    public required IFleetNodes Nodes { get; init; }

    /// <summary>Where executables are.</summary>
    public required IPivotSource Pivots { get; init; }

    /// <summary>What is believed.</summary>
    public required ReplicaVerifier Verifier { get; init; }

    /// <summary>What the ingress is doing.</summary>
    public required ITraffic Traffic { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>The patience.</summary>
    public FleetSettings Settings { get; init; } = new();

    /// <summary>The counters.</summary>
    public required FleetMetrics Metrics { get; init; }

    /// <summary>Told of every change, by any thread.</summary>
    public Action<FleetEvent> Publish { get; init; } = static _ => { };

    /// <summary>What the runner last said.</summary>
    internal IReadOnlyDictionary<string, ReplicaInstance> Instances { get; set; } = new Dictionary<string, ReplicaInstance>();
}
