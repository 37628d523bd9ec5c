using k8s;

namespace Qos.Fleet.Kubernetes.Tests;

/// <summary>The Lease, on a real API server.</summary>
[Trait("in", "cluster")]
public class ElectionTests
{
    [ClusterFact]
    public async Task A_leader_that_is_cut_off_stops_before_the_next_one_begins()
    {
        using TestCluster cluster = await TestCluster.MakeAsync();
        var cut = new Cut();
        using var cutOff = new k8s.Kubernetes(KubernetesClientConfiguration.BuildDefaultConfig(), cut);
        await using var first = new LeaseElection(cutOff, cluster.Namespace, "qos-control", "first");
        await using var second = new LeaseElection(cluster.Service, cluster.Namespace, "qos-control", "second");
        CancellationToken leads = await first.WonAsync(default);
        Task<CancellationToken> next = second.WonAsync(default);
        cut.IsCut = true;
        Task stopped = Task.Delay(Timeout.Infinite, leads);
        Assert.Same(stopped, await Task.WhenAny(stopped, next, Task.Delay(TimeSpan.FromSeconds(60))));
        long at = System.Diagnostics.Stopwatch.GetTimestamp();
        Assert.False((await next.WaitAsync(TimeSpan.FromSeconds(60))).IsCancellationRequested);
        Assert.True(System.Diagnostics.Stopwatch.GetElapsedTime(at) > TimeSpan.FromSeconds(1), "there was no time between one and the other");
    }

    [ClusterFact]
    public async Task A_leader_that_stops_gives_the_Lease_back()
    {
        using TestCluster cluster = await TestCluster.MakeAsync();
        var first = new LeaseElection(cluster.Service, cluster.Namespace, "qos-control", "first");
        await using var second = new LeaseElection(cluster.Service, cluster.Namespace, "qos-control", "second");
        CancellationToken leads = await first.WonAsync(default);
        Task<CancellationToken> next = second.WonAsync(default);
        await first.DisposeAsync();
        Assert.True(leads.IsCancellationRequested);
        await next.WaitAsync(LeaseElection.Retry * 2.5);
    }

    private sealed class Cut : DelegatingHandler
    {
        public bool IsCut { get; set; }

        // As packets that go nowhere: no answer, no refusal.
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (IsCut)
                await Task.Delay(Timeout.Infinite, cancellationToken);
            return await base.SendAsync(request, cancellationToken);
        }
    }
}
