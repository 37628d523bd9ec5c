using System.Net;
using Qos.Fleet;
using Qos.Fleet.World;

namespace Qos.Control.Tests;

/// <summary>What a service under test is started with besides the usual.</summary>
internal sealed record ServiceSetup
{
    /// <summary>The world that it works on; one of its own when left out.</summary>
    public FleetWorld? World { get; init; }

    /// <summary>Real apps for the replicas; health is asked for real then.</summary>
    public Func<ReplicaLaunch, Task<IPEndPoint>>? Apps { get; init; }

    public Func<ControlSettings, ControlSettings> Settings { get; init; } = static settings => settings;

    /// <summary>Whether it starts and stops replicas; where not, what the database holds stays as it is.</summary>
    public bool Reconciles { get; init; } = true;

    /// <summary>How often watchers hear from the service.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How many connections there may be; as many as the process has descriptors for when left out.</summary>
    public ConnectionLimits? Limits { get; init; }

    public FleetSettings Fleet { get; init; } = new() { Interval = TimeSpan.FromMilliseconds(100), DrainAtLeast = TimeSpan.Zero };
}

/// <summary>Simulated nodes with real apps.</summary>
internal sealed class NodesWithApps(SimulatedRunner nodes) : IFleetNodes, IDisposable
{
    private readonly HostNodes _real = new(new FleetSettings());

    public IFleetNode Connect(ReplicaInstance instance) => nodes.Connect(instance);

    public Task<bool> IsHealthyAsync(ReplicaInstance instance, HealthCheck check, CancellationToken cancellationToken) => _real.IsHealthyAsync(instance, check, cancellationToken);

    public void Dispose() => _real.Dispose();
}
