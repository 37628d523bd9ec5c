using k8s;
using k8s.Models;
using Qos.Fleet.World;

namespace Qos.Fleet.Kubernetes.Tests;

/// <summary>What the real scheduler and controllers do with pods on nodes that come and go. Slow: Kubernetes looks for pods of nodes that are gone every 20 s, and twice.</summary>
[Trait("in", "nodes")]
public class NodeTests
{
    [ClusterFact]
    public async Task A_node_that_is_gone_costs_its_replicas_alone_and_others_come_up_elsewhere_without_a_share_holder()
    {
        await using PodWorld world = await PodWorld.MakeAsync();
        await using var nodes = new FakeNodes(world.Cluster);
        await nodes.AddAsync("node-a");
        await nodes.AddAsync("node-b");
        world.Holds = static pod => pod.Spec.NodeName is null;
        Deployment deployment = await world.World.DeployAsync();
        await world.UntilReadyAsync(deployment);
        IReadOnlyList<V1Pod> before = await world.PodsAsync(deployment);
        Assert.Equal(["node-a", "node-b"], before.Select(static pod => pod.Spec.NodeName).Distinct().Order(StringComparer.Ordinal));
        string gone = before[0].Spec.NodeName;
        HashSet<string> lost = [.. before.Where(pod => pod.Spec.NodeName == gone).Select(static pod => pod.Metadata.Uid)];
        HashSet<string> kept = [.. before.Select(static pod => pod.Metadata.Uid).Except(lost)];
        Replica[] known = [.. await world.World.ReplicasAsync()];

        // Nothing answers there any more, and no kubelet says so.
        nodes.Lose(gone);
        world.Holds = pod => pod.Spec.NodeName is null || pod.Spec.NodeName == gone;
        foreach (V1Pod pod in before.Where(pod => lost.Contains(pod.Metadata.Uid)))
        {
            world.NodeOf(pod).IsSilent = true;
            world.NodeOf(pod).IsHealthy = false;
        }

        await world.UntilAsync(
            async replicas =>
            {
                world.World.Clock.Now += TimeSpan.FromSeconds(5);
                return (await world.PodsAsync(deployment)).Where(pod => lost.Contains(pod.Metadata.Uid)).All(static pod => pod.Metadata.DeletionTimestamp is not null)
                    && replicas.Count(static replica => replica.State == ReplicaState.Ready) == kept.Count;
            },
            "the lost pods are not given up");

        // A deleted pod stays while its node may come back; the cloud says that it does not.
        Assert.Equal(before.Count, (await world.PodsAsync(deployment)).Count);
        await world.Cluster.Admin.CoreV1.DeleteNodeAsync(gone);
        await world.UntilAsync(
            async _ =>
            {
                world.World.Clock.Now += TimeSpan.FromMilliseconds(200);
                return !(await world.PodsAsync(deployment)).Any(pod => lost.Contains(pod.Metadata.Uid));
            },
            "the pods of the node that is gone stay",
            180);
        await world.UntilAsync(
            async replicas =>
            {
                // A slot's next try waits longer after each one that did not last.
                world.World.Clock.Now += TimeSpan.FromSeconds(1);
                return replicas.Count(static replica => replica.State == ReplicaState.Ready) == 3 && (await world.PodsAsync(deployment)).Count(static pod => PodView.Of(pod).IsVerified == true) == 3;
            },
            "three replicas do not come back");
        IReadOnlyList<V1Pod> after = await world.PodsAsync(deployment);
        Assert.All(after, pod => Assert.NotEqual(gone, pod.Spec.NodeName));
        Assert.Superset(kept, after.Select(static pod => pod.Metadata.Uid).ToHashSet());
        Assert.All((await world.World.ReplicasAsync()).Where(replica => known.All(other => other.Id != replica.Id)), static replica => Assert.Equal(BootMode.KeyForward, replica.Mode));
    }

    [ClusterFact]
    public async Task A_Nitro_pod_waits_for_a_node_with_an_enclave_to_give_and_says_so()
    {
        await using PodWorld world = await PodWorld.MakeAsync();
        await using var nodes = new FakeNodes(world.Cluster);
        world.Version = options => NitroPodTests.Options(options.Namespace) with { ServiceAccount = null };
        world.Start();
        world.Holds = static pod => pod.Spec.NodeName is null;
        await nodes.AddAsync("plain");
        Deployment deployment = await world.World.DeployAsync(replicas: 2, with: static d => d with { RamGib = 1 });
        await SaysAsync(world, deployment, 2, "Insufficient aws.ec2.nitro/nitro_enclaves");

        // One enclave's share: one pod gets it, the other one goes on waiting.
        await nodes.AddAsync("nitro", ("aws.ec2.nitro/nitro_enclaves", "1"), ("hugepages-2Mi", "4Gi"));
        await world.UntilAsync(async _ => (await world.PodsAsync(deployment)).Count(static pod => pod.Spec.NodeName == "nitro") == 1, "no pod is put on the node with an enclave");
        await SaysAsync(world, deployment, 1, "Insufficient aws.ec2.nitro/nitro_enclaves");

        // A node of the device plugin without the allocator's memory.
        await nodes.AddAsync("no-memory", ("aws.ec2.nitro/nitro_enclaves", "1"), ("hugepages-2Mi", "0"));
        await SaysAsync(world, deployment, 1, "Insufficient hugepages-2Mi");
    }

    private static Task SaysAsync(PodWorld world, Deployment deployment, int count, string what)
    {
        string[] said = [];
        return TestCluster.UntilAsync(
            async () =>
            {
                await world.KubeletAsync();
                await world.Reconciler.PassAsync(null, default);
                said = [.. (await world.PodsAsync(deployment)).Where(static pod => pod.Spec.NodeName is null).Select(static pod => PodView.Of(pod).Detail ?? "")];
                return said.Length == count && said.All(text => text.StartsWith("not scheduled: ", StringComparison.Ordinal) && text.Contains(what, StringComparison.Ordinal));
            },
            () => $"{count} pods do not say {what}: {string.Join("; ", said)}");
    }
}
