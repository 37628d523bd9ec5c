using System.Collections.Concurrent;
using k8s;
using k8s.Models;

namespace Qos.Fleet.Kubernetes.Tests;

/// <summary>Nodes as the API server, scheduler and controllers see them: objects that somebody keeps fresh.</summary>
internal sealed class FakeNodes(TestCluster cluster) : IAsyncDisposable
{
    private static readonly TimeSpan s_beat = TimeSpan.FromSeconds(2);
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentDictionary<string, Dictionary<string, ResourceQuantity>> _alive = new(StringComparer.Ordinal);
    private Task? _beats;

    /// <summary>A node that is ready, with room for everything and what else is given.</summary>
    public async Task AddAsync(string name, params (string Resource, string Quantity)[] more)
    {
        Dictionary<string, ResourceQuantity> room = new() { ["cpu"] = new("16"), ["memory"] = new("64Gi"), ["pods"] = new("100"), ["ephemeral-storage"] = new("100Gi") };
        foreach ((string resource, string quantity) in more)
            room[resource] = new(quantity);
        await cluster.Admin.CoreV1.CreateNodeAsync(new V1Node { Metadata = new V1ObjectMeta { Name = name, Labels = new Dictionary<string, string> { ["kubernetes.io/hostname"] = name, ["aws-nitro-enclaves-k8s-dp"] = "enabled" } } });
        _alive[name] = room;
        _beats ??= BeatAsync();
        await TestCluster.UntilAsync(
            async () => (await cluster.Admin.CoreV1.ReadNodeAsync(name)) is { Spec: var spec, Status: var status }
                && !(spec.Taints ?? []).Any() && status.Allocatable?.ContainsKey("cpu") == true,
            () => $"the node {name} does not become ready");
    }

    /// <summary>Its kubelet says nothing any more.</summary>
    public void Lose(string name) => _alive.TryRemove(name, out _);

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        if (_beats is not null)
            await _beats.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (V1Node node in (await cluster.Admin.CoreV1.ListNodeAsync()).Items)
            await cluster.Admin.CoreV1.DeleteNodeAsync(node.Metadata.Name);
        _end.Dispose();
    }

    private async Task BeatAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            foreach ((string name, Dictionary<string, ResourceQuantity> room) in _alive)
            {
                var status = new V1NodeStatus
                {
                    Capacity = room,
                    Allocatable = room,
                    Conditions = [new V1NodeCondition { Type = "Ready", Status = "True", Reason = "KubeletReady", LastHeartbeatTime = DateTime.UtcNow, LastTransitionTime = DateTime.UnixEpoch }],
                };
                await cluster.Admin.CoreV1.PatchNodeStatusAsync(new V1Patch(KubernetesJson.Serialize(new V1Node { Status = status }), V1Patch.PatchType.StrategicMergePatch), name, cancellationToken: _end.Token);
            }

            await Task.Delay(s_beat, _end.Token);
        }
    }
}
