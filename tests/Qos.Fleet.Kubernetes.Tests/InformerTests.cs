using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;

namespace Qos.Fleet.Kubernetes.Tests;

/// <summary>Following a list on a real API server.</summary>
[Trait("in", "cluster")]
public class InformerTests
{
    [ClusterFact]
    public async Task A_version_that_is_gone_is_listed_anew()
    {
        using TestCluster cluster = await TestCluster.MakeAsync();
        var versions = new List<string>();

        // A server that was started again remembers no version from before.
        await TestCluster.KillAsync("apiserver");
        await TestCluster.StartAsync("apiserver");
        await TestCluster.AnswersAsync();
        await using var informer = new Informer<V1Service, V1ServiceList, ServiceView>(
            "Services",
            async (more, token) => await cluster.Admin.CoreV1.ListNamespacedServiceAsync(cluster.Namespace, continueParameter: more, limit: 1, cancellationToken: token),
            (version, token) =>
            {
                // The first watch asks for a version from before the server's memory: 410 Gone.
                versions.Add(version);
                return WatchStream.ReadAsync(cluster.Admin, $"api/v1/namespaces/{cluster.Namespace}/services", null, versions.Count == 1 ? "1" : version, static item => KubernetesJson.Deserialize<V1Service>(item), TimeProvider.System, token);
            },
            ServiceView.Of,
            TimeProvider.System,
            NullLogger.Instance);
        foreach (string name in (string[])["a", "b", "c"])
            await cluster.Admin.CoreV1.CreateNamespacedServiceAsync(Service(name), cluster.Namespace);
        await informer.ReadyAsync(default);
        await TestCluster.UntilAsync(() => Task.FromResult(informer.Lists == 2 && versions.Count == 2), () => $"listed {informer.Lists} times, watched from {string.Join(", ", versions)}");
        Assert.Equal(["a", "b", "c"], informer.Known.Keys.Order(StringComparer.Ordinal));
        await cluster.Admin.CoreV1.CreateNamespacedServiceAsync(Service("d"), cluster.Namespace);
        TestCluster.Kubectl("-n", cluster.Namespace, "delete", "service", "a");
        await TestCluster.UntilAsync(() => Task.FromResult(informer.Known.Keys.Order(StringComparer.Ordinal).SequenceEqual(["b", "c", "d"])), () => $"it knows {string.Join(", ", informer.Known.Keys)}");
        Assert.Equal(2, informer.Lists);
    }

    private static V1Service Service(string name) => new() { Metadata = new V1ObjectMeta { Name = name }, Spec = new V1ServiceSpec { ClusterIP = "None", Ports = [new V1ServicePort { Port = 80 }] } };
}
