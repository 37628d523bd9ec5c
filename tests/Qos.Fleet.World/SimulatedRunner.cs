using System.Collections.Concurrent;
using System.Net;

namespace Qos.Fleet.World;

/// <summary>A runner of simulated nodes, which outlive the service as real ones do.</summary>
public sealed class SimulatedRunner(FleetWorld world) : IRunner, IFleetNodes
{
    private int _looks;
    private int _healthQuestions;

    public event Action<string>? Changed;

    public ConcurrentDictionary<string, SimulatedNode> Nodes { get; } = new(StringComparer.Ordinal);

    /// <summary>Every node that ever was started.</summary>
    public ConcurrentBag<SimulatedNode> Everything { get; } = [];

    public bool IsBroken { get; set; }

    /// <summary>Starts a real app for a node; null where no test asks one.</summary>
    public Func<ReplicaLaunch, Task<IPEndPoint>>? StartApp { get; set; }

    /// <summary>Awaited at the end of a start, after the runner has told of it.</summary>
    public Func<Task> AfterStart { get; set; } = static () => Task.CompletedTask;

    /// <summary>Awaited with a replica's id before it is stopped.</summary>
    public Func<string, Task> Stopping { get; set; } = static _ => Task.CompletedTask;

    /// <summary>Whether what was stopped is seen on, as a pod is during its grace.</summary>
    public bool Lingers { get; set; }

    /// <summary>How often it was asked what runs.</summary>
    public int Looks => Volatile.Read(ref _looks);

    /// <summary>How often a node's app was asked whether it is well.</summary>
    public int HealthQuestions => Volatile.Read(ref _healthQuestions);

    /// <summary>Whether apps are well as soon as they have their key.</summary>
    public bool StartsHealthy { get; set; } = true;

    /// <summary>What every node wrote.</summary>
    public IReadOnlyList<LogLine> Log { get; set; } = [new LogLine("hello", null)];

    public string Kind => "simulated";

    public string Place { get; set; } = "here";

    public bool CanForward { get; set; } = true;

    public Task StartAsync(ReplicaLaunch launch, CancellationToken cancellationToken) => world.Interruption.AroundAsync(async () =>
    {
        if (IsBroken)
            throw new RunnerException("no machine is free");
        if (Nodes.ContainsKey(launch.ReplicaId))
            return true;
        var node = new SimulatedNode(world, launch) { IsHealthy = StartsHealthy, App = StartApp is null ? null : await StartApp(launch) };
        if (Nodes.TryAdd(launch.ReplicaId, node))
            Everything.Add(node);
        Changed?.Invoke(launch.ReplicaId);
        await AfterStart();
        return true;
    });

    public Task<IReadOnlyDictionary<string, ReplicaInstance>> ObserveAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _looks);
        return IsBroken
            ? throw new RunnerException("the machines cannot be listed")
            : Task.FromResult<IReadOnlyDictionary<string, ReplicaInstance>>(Nodes.ToDictionary(
                static node => node.Key,
                static node => new ReplicaInstance(
                    node.Key,
                    node.Value.HasEnded ? InstanceState.Ended : InstanceState.Running,
                    new Uri($"http://{node.Key}/"),
                    node.Value.Launch.Ports.ToDictionary(static port => port, port => node.Value.App ?? new IPEndPoint(IPAddress.Loopback, port)),
                    node.Value.HasEnded ? "its process ended" : null),
                StringComparer.Ordinal));
    }

    public async Task StopAsync(string replicaId, CancellationToken cancellationToken)
    {
        await Stopping(replicaId);
        await world.Interruption.AroundAsync(() => Task.FromResult(Nodes.TryGetValue(replicaId, out SimulatedNode? node) && (node.HasEnded = true) && (Lingers || Nodes.TryRemove(replicaId, out _))));
    }

    public Task<IReadOnlyList<LogLine>> LogsAsync(string replicaId, int tailLines, DateTimeOffset? since, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<LogLine>>(Log);

    public IFleetNode Connect(ReplicaInstance instance) => Nodes.TryGetValue(instance.ReplicaId, out SimulatedNode? node) ? node : throw new NodeUnreachableException("it is gone");

    public async Task<bool> IsHealthyAsync(ReplicaInstance instance, HealthCheck check, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _healthQuestions);
        Nodes.TryGetValue(instance.ReplicaId, out SimulatedNode? node);
        if (node is { Hangs: true })
            await Task.Delay(Timeout.Infinite, cancellationToken);
        return node is { IsHealthy: true, HasEnded: false, IsSilent: false };
    }
}
