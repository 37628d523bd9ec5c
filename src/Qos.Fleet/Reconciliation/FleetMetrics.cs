using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Qos.Fleet;

/// <summary>Counters and traces of the reconciliation, under the name <see cref="Name"/>.</summary>
public sealed class FleetMetrics : IDisposable
{
    /// <summary>The meter's and the activity source's name.</summary>
    public const string Name = "Qos.Fleet";

    private readonly Meter _meter = new(Name);

    /// <summary>Makes the instruments.</summary>
    public FleetMetrics()
    {
        Passes = _meter.CreateHistogram<double>("qos_fleet_pass_seconds", "s", "How long a pass over the fleet took.");
        Steps = _meter.CreateCounter<long>("qos_fleet_steps_total", description: "Steps of replicas, by step and outcome.");
        Boots = _meter.CreateHistogram<double>("qos_fleet_boot_seconds", "s", "From the decision to start a replica until it was ready, by mode.");
        Forwards = _meter.CreateHistogram<double>("qos_fleet_forward_seconds", "s", "How long a key took from one replica to another.");
    }

    /// <summary>Traces of steps.</summary>
    public static ActivitySource Source { get; } = new(Name);

    internal Histogram<double> Passes { get; }

    internal Counter<long> Steps { get; }

    internal Histogram<double> Boots { get; }

    internal Histogram<double> Forwards { get; }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();
}
