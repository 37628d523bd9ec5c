using k8s;
using k8s.Models;
using Qos.Fleet.World;

namespace Qos.Fleet.Kubernetes.Tests;

/// <summary>The runner on a real API server and StatefulSet controller, as the service account of deploy/kubernetes/rbac.yaml.</summary>
[Trait("in", "cluster")]
public class RunnerTests
{
    [ClusterFact]
    public async Task Three_pods_get_one_key_ceremony_and_the_Service_changes_its_selector_only()
    {
        await using PodWorld world = await PodWorld.MakeAsync();
        Deployment first = await world.World.DeployAsync();
        await world.UntilReadyAsync(first);
        Assert.Equal(
            [.. Enumerable.Range(0, 3).Select(slot => $"{ReplicaPods.Name(first.Id)}-{slot}")],
            (await world.PodsAsync(first)).Select(static pod => pod.Metadata.Name));
        Assert.Equal([BootMode.KeyForward, BootMode.KeyForward, BootMode.Standard], (await world.World.ReplicasAsync()).Select(static r => r.Mode).OrderByDescending(static mode => mode));

        await world.World.Database.SetLiveAsync(await world.World.ActivityAsync(), "{}", first.AppId, first.Id, default);
        V1Service before = await ServiceAsync(world, first);
        Deployment second = await world.World.DeployAsync();
        await world.UntilReadyAsync(second);
        Assert.All(await world.World.ReplicasAsync(), replica => Assert.True(replica.DeploymentId == first.Id || replica.Mode == BootMode.KeyForward, "the second release asked for shares"));
        await world.World.Database.SetLiveAsync(await world.World.ActivityAsync(), "{}", second.AppId, second.Id, default);
        V1Service after = await ServiceAsync(world, second);
        Assert.Equal(before.Metadata.Uid, after.Metadata.Uid);
        Assert.Equal(before.Spec.ClusterIP, after.Spec.ClusterIP);
        Assert.Equal(TestCluster.Json(before.Spec.Ports), TestCluster.Json(after.Spec.Ports));
    }

    [ClusterFact]
    public async Task A_pod_that_was_evicted_is_another_node_and_gets_the_key_from_the_others()
    {
        await using PodWorld world = await PodWorld.MakeAsync();
        Deployment deployment = await world.World.DeployAsync();
        await world.UntilReadyAsync(deployment);
        string[] before = [.. (await world.World.ReplicasAsync()).Select(static replica => replica.Id)];
        V1Pod victim = (await world.PodsAsync(deployment))[0];
        await world.Cluster.Admin.CoreV1.DeleteNamespacedPodAsync(victim.Metadata.Name, world.Cluster.Namespace);
        await world.UntilAsync(async _ => (await world.PodsAsync(deployment)).Any(pod => pod.Metadata.Name == victim.Metadata.Name && pod.Metadata.Uid != victim.Metadata.Uid), "Kubernetes makes no other pod");
        await world.UntilReadyAsync(deployment);
        Replica[] made = [.. (await world.World.ReplicasAsync()).Where(replica => !before.Contains(replica.Id))];
        Assert.Equal(BootMode.KeyForward, Assert.Single(made).Mode);
        Assert.Equal(victim.Metadata.Name, $"{ReplicaPods.Name(deployment.Id)}-{made[0].Slot}");
    }

    [ClusterFact]
    public async Task A_pod_that_goes_while_it_boots_or_waits_for_the_key_costs_nobody_else_anything()
    {
        await using PodWorld world = await PodWorld.MakeAsync();
        Deployment deployment = await world.World.DeployAsync();
        foreach (ReplicaState state in (ReplicaState[])[ReplicaState.Booting, ReplicaState.AwaitingKey])
        {
            Replica? found = null;
            await world.UntilAsync(replicas => Task.FromResult((found = replicas.FirstOrDefault(replica => replica.State == state)) is not null), $"no replica is {state}");
            await world.Cluster.Admin.CoreV1.DeleteNamespacedPodAsync($"{ReplicaPods.Name(deployment.Id)}-{found!.Slot}", world.Cluster.Namespace);
        }

        await world.UntilReadyAsync(deployment);
        Assert.Equal(3, (await world.PodsAsync(deployment)).Count);
        Assert.Single(await world.World.ReplicasAsync(), static replica => replica.Mode == BootMode.Standard);
    }

    [ClusterFact]
    public async Task A_pod_that_is_evicted_while_it_exports_the_key_is_healed_as_the_one_that_it_was_for()
    {
        await using PodWorld world = await PodWorld.MakeAsync();
        Deployment deployment = await world.World.DeployAsync();
        await world.UntilReadyAsync(deployment);
        string[] before = [.. (await world.World.ReplicasAsync()).Select(static replica => replica.Id)];
        IReadOnlyList<V1Pod> pods = await world.PodsAsync(deployment);
        int evicted = 0;
        foreach (V1Pod donor in pods.Skip(1))
        {
            SimulatedNode node = world.NodeOf(donor);
            node.Exporting = async () =>
            {
                // The first one that is asked, and no other: somebody must keep the key.
                if (Interlocked.Increment(ref evicted) > 1)
                    return;
                node.HasEnded = true;
                node.IsHealthy = false;
                await world.Cluster.Admin.CoreV1.DeleteNamespacedPodAsync(donor.Metadata.Name, world.Cluster.Namespace);
            };
        }

        await world.Cluster.Admin.CoreV1.DeleteNamespacedPodAsync(pods[0].Metadata.Name, world.Cluster.Namespace);
        await world.UntilAsync(_ => Task.FromResult(evicted > 0), "nobody is asked for the key");
        await world.UntilReadyAsync(deployment);
        Replica[] made = [.. (await world.World.ReplicasAsync()).Where(replica => !before.Contains(replica.Id))];
        Assert.Equal(2, made.Length);
        Assert.All(made, static replica => Assert.Equal(BootMode.KeyForward, replica.Mode));
    }

    [ClusterFact]
    public async Task Services_of_different_versions_write_the_sets_their_way_and_end_no_pod()
    {
        await using PodWorld world = await PodWorld.MakeAsync();
        world.Version = static options => options with { NodeSelector = new Dictionary<string, string> { ["of"] = "before" } };
        world.Start();
        Deployment deployment = await world.World.DeployAsync();
        await world.UntilReadyAsync(deployment);
        string[] pods = [.. (await world.PodsAsync(deployment)).Select(static pod => pod.Metadata.Uid)];
        long[] replicas = [.. (await world.World.ReplicasAsync()).Select(static replica => replica.Version)];

        // The next version leads, then the one before again, as in a rollout that was undone; and so on, as if both believed to lead.
        for (int turn = 0; turn < 4; turn++)
        {
            bool next = turn % 2 == 0;
            await world.Runner.DisposeAsync();
            world.Version = next
                ? static options => options with { NodeImage = "qos-node:next" }
                : static options => options with { NodeSelector = new Dictionary<string, string> { ["of"] = "before" } };
            world.Start();
            await world.UntilAsync(
                async _ => (await SetAsync(world, deployment)).Spec.Template.Spec is var pod && pod.Containers.All(container => container.Image == (next ? "qos-node:next" : "qos-node")) && pod.NodeSelector is null == next,
                $"turn {turn}: the set is not as this version makes it");
            long? version = (await SetAsync(world, deployment)).Metadata.Generation;
            for (int i = 0; i < 3; i++)
                await world.Reconciler.PassAsync(null, default);
            Assert.Equal(version, (await SetAsync(world, deployment)).Metadata.Generation);
        }

        Assert.Equal(pods, (await world.PodsAsync(deployment)).Select(static pod => pod.Metadata.Uid));
        Assert.Equal(replicas, (await world.World.ReplicasAsync()).Select(static replica => replica.Version));
    }

    [ClusterFact]
    public async Task A_pod_that_claims_to_be_a_replica_of_a_set_that_did_not_make_it_is_left_alone_and_gets_nothing()
    {
        await using PodWorld world = await PodWorld.MakeAsync();
        Deployment deployment = await world.World.DeployAsync();
        await world.UntilReadyAsync(deployment);
        Replica ready = (await world.World.ReplicasAsync())[0];
        V1StatefulSet set = await world.Cluster.Admin.AppsV1.ReadNamespacedStatefulSetAsync(ReplicaPods.Name(deployment.Id), world.Cluster.Namespace);
        Dictionary<string, string> labels = ReplicaPods.Labels("test", deployment.AppId, deployment.Id);
        foreach ((string name, string replica, V1OwnerReference? owner) in (IEnumerable<(string, string, V1OwnerReference?)>)
        [
            ("stranger", Guid.NewGuid().ToString(), null),
            ("impostor", ready.Id, null),
            ("adopted", ready.Id, new V1OwnerReference { ApiVersion = "apps/v1", Kind = "StatefulSet", Name = set.Metadata.Name, Uid = set.Metadata.Uid, Controller = true }),
        ])
        {
            await world.Cluster.Admin.CoreV1.CreateNamespacedPodAsync(
                new V1Pod
                {
                    Metadata = new V1ObjectMeta
                    {
                        Name = name,
                        Labels = new Dictionary<string, string>(labels) { [KubernetesNames.ReplicaLabel] = replica, [KubernetesNames.DeploymentLabel] = owner is null ? Guid.NewGuid().ToString() : deployment.Id },
                        OwnerReferences = owner is null ? null : [owner],
                    },
                    Spec = new V1PodSpec { Containers = [new V1Container { Name = "host", Image = "image" }] },
                },
                world.Cluster.Namespace);
        }

        await TestCluster.UntilAsync(() => Task.FromResult(world.Runner.Objects.Pods.Known.ContainsKey("stranger") && world.Runner.Objects.Pods.Known.ContainsKey("impostor")), static () => "the claims are not seen");
        for (int i = 0; i < 3; i++)
        {
            await world.KubeletAsync();
            await world.Reconciler.PassAsync(null, default);
        }

        IReadOnlyDictionary<string, ReplicaInstance> seen = await world.Runner.ObserveAsync(default);
        Assert.Equal((await world.World.ReplicasAsync()).Select(static replica => replica.Id).Order(StringComparer.Ordinal), seen.Keys.Order(StringComparer.Ordinal));
        V1Pod real = (await world.PodsAsync(deployment)).Single(pod => pod.Metadata.Name == $"{ReplicaPods.Name(deployment.Id)}-{ready.Slot}");
        Assert.Equal(real.Status.PodIP, seen[ready.Id].Host!.Host);
        Assert.Equal(ReplicaState.Ready, (await world.World.ReplicasAsync()).Single(replica => replica.Id == ready.Id).State);
        V1Pod stranger = await world.Cluster.Admin.CoreV1.ReadNamespacedPodAsync("stranger", world.Cluster.Namespace);
        Assert.Null(stranger.Metadata.DeletionTimestamp);
        Assert.Null(PodView.Of(stranger).IsVerified);
    }

    [ClusterFact]
    public async Task Scaling_ends_the_highest_pods_and_a_deleted_deployment_leaves_nothing()
    {
        await using PodWorld world = await PodWorld.MakeAsync();
        Deployment deployment = await world.World.DeployAsync();
        await world.UntilReadyAsync(deployment);
        Assert.True(await world.World.Database.ScaleDeploymentAsync(await world.World.ActivityAsync(), "{}", deployment.Id, 1, default));
        await world.UntilAsync(async replicas => replicas.Count == 1 && (await world.PodsAsync(deployment)).Count == 1, "it is not one");
        Assert.Equal($"{ReplicaPods.Name(deployment.Id)}-0", (await world.PodsAsync(deployment))[0].Metadata.Name);
        Assert.True(await world.World.Database.ScaleDeploymentAsync(await world.World.ActivityAsync(), "{}", deployment.Id, 2, default));
        await world.UntilReadyAsync(deployment, 2);
        Assert.True(await world.World.Database.DeleteDeploymentAsync(await world.World.ActivityAsync(), "{}", deployment.Id, default));
        await world.UntilAsync(
            async replicas => replicas.Count == 0 && (await world.PodsAsync(deployment)).Count == 0
                && (await world.Cluster.Admin.AppsV1.ListNamespacedStatefulSetAsync(world.Cluster.Namespace)).Items.Count == 0
                && (await world.Cluster.Admin.NetworkingV1.ListNamespacedNetworkPolicyAsync(world.Cluster.Namespace)).Items.Count == 0,
            "something is left");
    }

    [ClusterFact]
    public async Task A_set_that_was_changed_by_hand_is_put_back()
    {
        await using PodWorld world = await PodWorld.MakeAsync();
        Deployment deployment = await world.World.DeployAsync();
        await world.UntilReadyAsync(deployment);
        TestCluster.Kubectl("-n", world.Cluster.Namespace, "scale", "statefulset", ReplicaPods.Name(deployment.Id), "--replicas=5");
        await world.UntilAsync(
            async _ => (await world.Cluster.Admin.AppsV1.ReadNamespacedStatefulSetAsync(ReplicaPods.Name(deployment.Id), world.Cluster.Namespace)).Spec.Replicas == 3 && (await world.PodsAsync(deployment)).Count == 3,
            "it stays at five");
        Assert.Equal(3, (await world.World.ReplicasAsync()).Count);
    }

    [ClusterFact]
    public async Task A_replica_whose_pod_Kubernetes_refuses_says_where_the_reason_is()
    {
        await using PodWorld world = await PodWorld.MakeAsync();
        await world.Cluster.Admin.CoreV1.CreateNamespacedResourceQuotaAsync(
            new V1ResourceQuota { Metadata = new V1ObjectMeta { Name = "none" }, Spec = new V1ResourceQuotaSpec { Hard = new Dictionary<string, ResourceQuantity> { ["pods"] = new("0") } } }, world.Cluster.Namespace);
        Deployment deployment = await world.World.DeployAsync(replicas: 1);
        string set = ReplicaPods.Name(deployment.Id);
        await world.UntilAsync(
            replicas =>
            {
                world.World.Clock.Now += TimeSpan.FromSeconds(1);
                return Task.FromResult(replicas is [{ Message: { } message }] && message == $"Kubernetes makes no pod {set}-0: 'kubectl describe statefulset {set}' says why");
            },
            "nothing is said");
        await TestCluster.UntilAsync(() => Task.FromResult(TestCluster.Kubectl("-n", world.Cluster.Namespace, "describe", "statefulset", set).Contains("forbidden", StringComparison.Ordinal)), static () => "Kubernetes does not say why either");
        await world.Cluster.Admin.CoreV1.DeleteNamespacedResourceQuotaAsync("none", world.Cluster.Namespace);
        await world.UntilReadyAsync(deployment, 1);
        Assert.Null(Assert.Single(await world.World.ReplicasAsync()).Message);
    }

    [ClusterFact]
    public async Task A_service_that_was_started_again_finds_its_pods_and_starts_none()
    {
        await using PodWorld world = await PodWorld.MakeAsync();
        Deployment deployment = await world.World.DeployAsync();
        await world.UntilReadyAsync(deployment);
        string[] pods = [.. (await world.PodsAsync(deployment)).Select(static pod => pod.Metadata.Uid)];
        long[] versions = [.. (await world.World.ReplicasAsync()).Select(static replica => replica.Version)];
        long? set = (await SetAsync(world, deployment)).Metadata.Generation;
        await world.Runner.DisposeAsync();
        world.Start();
        for (int i = 0; i < 3; i++)
            await world.Reconciler.PassAsync(null, default);
        Assert.Equal(pods, (await world.PodsAsync(deployment)).Select(static pod => pod.Metadata.Uid));
        Assert.Equal(versions, (await world.World.ReplicasAsync()).Select(static replica => replica.Version));
        Assert.Equal(set, (await SetAsync(world, deployment)).Metadata.Generation);
    }

    [ClusterFact]
    public async Task While_the_API_server_is_away_replicas_stay_ready_and_afterwards_all_goes_on()
    {
        await using PodWorld world = await PodWorld.MakeAsync();
        Deployment deployment = await world.World.DeployAsync();
        await world.UntilReadyAsync(deployment);
        await TestCluster.KillAsync("apiserver");
        try
        {
            // At least five looks; QOS_AWAY_SECONDS has it away for longer.
            var away = System.Diagnostics.Stopwatch.StartNew();
            for (int i = 0; i < 5 || away.Elapsed < InAClusterTests.Away; i++)
            {
                await world.Reconciler.PassAsync(null, default);
                world.World.Clock.Now += TimeSpan.FromMilliseconds(250);
                await Task.Delay(250);
            }

            Assert.All(await world.World.ReplicasAsync(), static replica => Assert.Equal(ReplicaState.Ready, replica.State));
            Assert.Equal(3, (await world.Runner.ObserveAsync(default)).Count);
        }
        finally
        {
            await TestCluster.StartAsync("apiserver");
            await TestCluster.AnswersAsync();
        }

        V1Pod victim = (await world.PodsAsync(deployment))[1];
        await world.Cluster.Admin.CoreV1.DeleteNamespacedPodAsync(victim.Metadata.Name, world.Cluster.Namespace);
        await world.UntilAsync(async _ => (await world.PodsAsync(deployment)).Any(pod => pod.Metadata.Name == victim.Metadata.Name && pod.Metadata.Uid != victim.Metadata.Uid), "no other pod comes");
        await world.UntilReadyAsync(deployment);
    }

    private static Task<V1StatefulSet> SetAsync(PodWorld world, Deployment deployment) => world.Cluster.Admin.AppsV1.ReadNamespacedStatefulSetAsync(ReplicaPods.Name(deployment.Id), world.Cluster.Namespace);

    private static async Task<V1Service> ServiceAsync(PodWorld world, Deployment live)
    {
        V1Service? service = null;
        await world.UntilAsync(
            async _ => (service = (await world.Cluster.Admin.CoreV1.ListNamespacedServiceAsync(world.Cluster.Namespace, labelSelector: $"{KubernetesNames.AppLabel}={live.AppId}")).Items.SingleOrDefault())
                ?.Spec.Selector[KubernetesNames.DeploymentLabel] == live.Id,
            "the Service does not lead there");
        return service!;
    }
}
