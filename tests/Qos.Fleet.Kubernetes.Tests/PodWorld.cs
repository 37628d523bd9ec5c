using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using Qos.Fleet.World;

namespace Qos.Fleet.Kubernetes.Tests;

/// <summary>
/// A fleet on a real API server with its controllers. There is no node: this class does what a kubelet does, and a simulated node answers at each pod's
/// address. Store, manifests, approvals and documents are real.
/// </summary>
internal sealed class PodWorld : IFleetNodes, IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, SimulatedNode> _nodes = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _addresses = new(StringComparer.Ordinal);
    private int _address;

    private PodWorld(TestCluster cluster, FleetWorld world)
    {
        (Cluster, World) = (cluster, world);
        Start();
    }

    public TestCluster Cluster { get; }

    public FleetWorld World { get; }

    public KubernetesRunner Runner { get; private set; } = null!;

    public Reconciler Reconciler { get; private set; } = null!;

    /// <summary>What a kubelet must not do now.</summary>
    public Func<V1Pod, bool> Holds { get; set; } = static _ => false;

    /// <summary>How the service that is started next makes pods, after what all of them have in common.</summary>
    public Func<KubernetesRunnerOptions, KubernetesRunnerOptions> Version { get; set; } = static options => options;

    private KubernetesRunnerOptions Options => new()
    {
        Namespace = Cluster.Namespace,
        Fleet = "test",
        NodeImage = "qos-node",
        SimulatorAuthority = "qos-authority",
        Measurements = new Dictionary<string, IReadOnlyDictionary<int, byte[]>> { ["test"] = FleetWorld.Pcrs },
    };

    public static async Task<PodWorld> MakeAsync() => new(await TestCluster.MakeAsync(), await FleetWorld.OnSqliteAsync());

    /// <summary>A service that was just started; the one before it is gone.</summary>
    public void Start()
    {
        Reconciler?.Dispose();
        Runner = new KubernetesRunner(Cluster.Service, Version(Options), World.Clock, NullLogger<KubernetesRunner>.Instance);
        Reconciler = new Reconciler(
            new FleetParts
            {
                Store = World.Database,
                Runner = Runner,
                Nodes = this,
                Pivots = World,
                Verifier = new ReplicaVerifier(FleetWorld.Trust, World.Clock),
                Traffic = World,
                Time = World.Clock,
                Settings = World.Settings,
                Metrics = new FleetMetrics(),
            },
            NullLogger<Reconciler>.Instance);
    }

    /// <summary>Looks, and lets pods live, until something holds.</summary>
    public Task UntilAsync(Func<IReadOnlyList<Replica>, Task<bool>> holds, string otherwise, int seconds = 90) => TestCluster.UntilAsync(
        async () =>
        {
            await KubeletAsync();
            await Reconciler.PassAsync(null, default);
            return await holds(await World.ReplicasAsync());
        },
        () => otherwise,
        seconds);

    /// <summary>Three ready replicas of a deployment, shares and all.</summary>
    public Task UntilReadyAsync(Deployment deployment, int count = 3, int seconds = 90) => UntilAsync(
        async replicas =>
        {
            await World.ProvisionAsync(0, 1);
            return replicas.Count(replica => replica.DeploymentId == deployment.Id && replica.State == ReplicaState.Ready) == count
                && (await PodsAsync(deployment)).Count(static pod => PodView.Of(pod).IsVerified == true) == count;
        },
        $"{deployment.Id} is not ready",
        seconds);

    public async Task<IReadOnlyList<V1Pod>> PodsAsync(Deployment deployment) => [.. (await Cluster.Admin.CoreV1.ListNamespacedPodAsync(
        Cluster.Namespace, labelSelector: $"{KubernetesNames.DeploymentLabel}={deployment.Id}")).Items.OrderBy(static pod => pod.Metadata.Name, StringComparer.Ordinal)];

    public SimulatedNode NodeOf(V1Pod pod) => _nodes[_addresses[pod.Metadata.Uid]];

    public IFleetNode Connect(ReplicaInstance instance)
    {
        string address = instance.Host!.Host;
        return _nodes.GetOrAdd(address, _ => new SimulatedNode(World, new ReplicaLaunch { ReplicaId = instance.ReplicaId, DeploymentId = "", AppId = "", Slot = 0, QosVersion = "test", Ports = [] }));
    }

    public Task<bool> IsHealthyAsync(ReplicaInstance instance, HealthCheck check, CancellationToken cancellationToken) => Task.FromResult(_nodes.TryGetValue(instance.Host!.Host, out SimulatedNode? node) && node.IsHealthy);

    public async ValueTask DisposeAsync()
    {
        Reconciler.Dispose();
        await Runner.DisposeAsync();
        await World.DisposeAsync();
        Cluster.Dispose();
    }

    /// <summary>Gives every pod an address and running containers, ready by its gate, and ends what was deleted.</summary>
    public async Task KubeletAsync()
    {
        foreach (V1Pod pod in (await Cluster.Admin.CoreV1.ListNamespacedPodAsync(Cluster.Namespace)).Items.Where(pod => !Holds(pod)))
        {
            if (pod.Metadata.DeletionTimestamp is not null)
            {
                await EndAsync(pod);
                continue;
            }

            bool isNew = pod.Status.PodIP is null or "";
            bool ready = PodView.Of(pod).IsVerified == true;
            if (!isNew && PodView.Of(pod).IsReady == ready)
                continue;
            string address = _addresses.GetOrAdd(pod.Metadata.Uid, _ => string.Create(CultureInfo.InvariantCulture, $"10.9.{Interlocked.Increment(ref _address) / 250}.{(_address % 250) + 1}"));
            object[] containers = [.. pod.Spec.Containers.Select(container => new
            {
                name = container.Name,
                image = "image",
                imageID = "",
                ready = true,
                started = true,
                restartCount = 0,
                state = new { running = new { startedAt = "2026-01-01T00:00:00Z" } },
            })];
            await Cluster.Admin.CoreV1.PatchNamespacedPodStatusAsync(
                new V1Patch(
                    JsonSerializer.Serialize(new
                    {
                        status = new
                        {
                            phase = "Running",
                            podIP = address,
                            podIPs = new[] { new { ip = address } },
                            containerStatuses = containers,
                            conditions = new[] { new { type = "Ready", status = ready ? "True" : "False" } },
                        },
                    }),
                    V1Patch.PatchType.StrategicMergePatch),
                pod.Metadata.Name,
                Cluster.Namespace);
        }
    }
    private async Task EndAsync(V1Pod pod)
    {
        try
        {
            await Cluster.Admin.CoreV1.DeleteNamespacedPodAsync(pod.Metadata.Name, Cluster.Namespace, new V1DeleteOptions { GracePeriodSeconds = 0, Preconditions = new V1Preconditions { Uid = pod.Metadata.Uid } });
        }
        catch (k8s.Autorest.HttpOperationException e) when (e.Response.StatusCode is System.Net.HttpStatusCode.NotFound or System.Net.HttpStatusCode.Conflict)
        {
            // It went by itself.
        }
    }
}
