using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using Qos.Fleet.World;

namespace Qos.Fleet.Kubernetes.Tests;

/// <summary>Writes of a service that led, which a real API server takes when another service leads.</summary>
[Trait("in", "cluster")]
public class LateWriteTests
{
    [ClusterFact]
    public async Task A_late_promotion_sends_no_traffic_back()
    {
        await using Scene scene = await Scene.MakeAsync(HttpMethod.Patch);
        await scene.Leads.ApplyServiceAsync(scene.App, scene.First, default);
        await scene.BeginsAsync(objects => objects.ApplyServiceAsync(scene.App, scene.Second, default), static objects => objects.Services.Known.Count == 1);
        await scene.Leads.ApplyServiceAsync(scene.App, scene.Third, default);
        await scene.ArrivesAsync();
        V1Service now = await scene.Cluster.Admin.CoreV1.ReadNamespacedServiceAsync(ClusterObjects.ServiceName(scene.App), scene.Cluster.Namespace);
        Assert.Equal(scene.Third.Id, now.Spec.Selector[KubernetesNames.DeploymentLabel]);

        // And the one that leads goes on.
        await scene.Leads.ApplyServiceAsync(scene.App, scene.First, default);
        now = await scene.Cluster.Admin.CoreV1.ReadNamespacedServiceAsync(ClusterObjects.ServiceName(scene.App), scene.Cluster.Namespace);
        Assert.Equal(scene.First.Id, now.Spec.Selector[KubernetesNames.DeploymentLabel]);
    }

    [ClusterFact]
    public async Task A_late_deletion_takes_no_Service_that_was_made_anew()
    {
        await using Scene scene = await Scene.MakeAsync(HttpMethod.Delete);
        await scene.Leads.ApplyServiceAsync(scene.App, scene.First, default);
        await scene.BeginsAsync(static objects => objects.DeleteServiceAsync(objects.Services.Known.Values.Single(), default), static objects => objects.Services.Known.Count == 1);
        await scene.Leads.DeleteServiceAsync(scene.Leads.Services.Known.Values.Single(), default);
        await TestCluster.UntilAsync(() => Task.FromResult(scene.Leads.Services.Known.Count == 0), static () => "the deleted Service is still known");
        await scene.Leads.ApplyServiceAsync(scene.App, scene.Second, default);
        await scene.ArrivesAsync();
        V1Service now = await scene.Cluster.Admin.CoreV1.ReadNamespacedServiceAsync(ClusterObjects.ServiceName(scene.App), scene.Cluster.Namespace);
        Assert.Equal((null, scene.Second.Id), (now.Metadata.DeletionTimestamp, now.Spec.Selector[KubernetesNames.DeploymentLabel]));
    }

    [ClusterFact]
    public async Task A_late_change_makes_no_StatefulSet_again_that_was_deleted()
    {
        await using Scene scene = await Scene.MakeAsync(HttpMethod.Patch);
        await scene.Leads.ApplySetAsync(scene.First, 1, default);
        await scene.BeginsAsync(objects => objects.ApplySetAsync(scene.First, 2, default), static objects => objects.Sets.Known.Count == 1);
        await scene.Leads.DeleteSetAsync(scene.Leads.Sets.Known.Values.Single(), default);
        await TestCluster.UntilAsync(() => Task.FromResult(scene.Leads.Sets.Known.Count == 0), static () => "the deleted StatefulSet is still known");
        await scene.ArrivesAsync();
        Assert.Empty((await scene.Cluster.Admin.AppsV1.ListNamespacedStatefulSetAsync(scene.Cluster.Namespace)).Items);
    }

    /// <summary>Two services on one cluster: one that leads, and one that led, whose write is under way.</summary>
    private sealed class Scene : IAsyncDisposable
    {
        private readonly TaskCompletionSource _sent = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _letGo = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly FleetWorld _world;
        private readonly k8s.Kubernetes _late;
        private readonly ClusterObjects _led;
        private Task _writing = Task.CompletedTask;

        private Scene(TestCluster cluster, FleetWorld world, HttpMethod method)
        {
            (Cluster, _world) = (cluster, world);
            _late = cluster.Late(method, _sent, _letGo.Task);
            (Leads, _led) = (Objects(cluster.Service), Objects(_late));

            ClusterObjects Objects(k8s.Kubernetes client) => new(
                client,
                new KubernetesRunnerOptions
                {
                    Namespace = cluster.Namespace,
                    Fleet = "test",
                    NodeImage = "qos-node",
                    SimulatorAuthority = "qos-authority",
                    Measurements = new Dictionary<string, IReadOnlyDictionary<int, byte[]>> { ["test"] = FleetWorld.Pcrs },
                },
                TimeProvider.System,
                NullLogger.Instance);
        }

        public TestCluster Cluster { get; }

        public ClusterObjects Leads { get; }

        public FleetApp App => _world.App;

        public Deployment First { get; private set; } = null!;

        public Deployment Second { get; private set; } = null!;

        public Deployment Third { get; private set; } = null!;

        public static async Task<Scene> MakeAsync(HttpMethod method)
        {
            FleetWorld world = await FleetWorld.OnSqliteAsync();
            var scene = new Scene(await TestCluster.MakeAsync(), world, method) { First = await world.DeployAsync(), Second = await world.DeployAsync(), Third = await world.DeployAsync() };
            await scene.Leads.ReadyAsync(default);
            await scene._led.ReadyAsync(default);
            return scene;
        }

        /// <summary>Has the one that led write, on what it sees once <paramref name="sees"/> holds.</summary>
        public async Task BeginsAsync(Func<ClusterObjects, Task> write, Func<ClusterObjects, bool> sees)
        {
            await TestCluster.UntilAsync(() => Task.FromResult(sees(_led) && sees(Leads)), static () => "what was made is not seen");
            _writing = write(_led);
            await _sent.Task;
        }

        /// <summary>Lets the write go; it is refused by the API server, and that is no trouble of the one that led.</summary>
        public async Task ArrivesAsync()
        {
            _letGo.SetResult();
            await _writing;
        }

        public async ValueTask DisposeAsync()
        {
            _letGo.TrySetResult();
            await _writing.ContinueWith(static _ => { }, TaskScheduler.Default);
            await Leads.DisposeAsync();
            await _led.DisposeAsync();
            _late.Dispose();
            Cluster.Dispose();
            await _world.DisposeAsync();
        }
    }
}
