using System.Text.Json;
using System.Text.Json.Nodes;
using k8s;
using Microsoft.AspNetCore.Builder;
using Qos.Control;
using Qos.Fleet.World;
using Qos.Keys;

namespace Qos.Fleet.Kubernetes.Tests;

/// <summary>The control service as it is, beside a real API server, and EnclaveDeployments that people edit.</summary>
[Trait("in", "cluster")]
public sealed class EnclaveDeploymentTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("qos-ed-").FullName;
    private readonly string[] _keys = [.. Enumerable.Range(0, 4).Select(static _ => KeySet.Generate(SystemRandomSource.Instance).PublicKey.ToHex())];
    private TestCluster _cluster = null!;
    private FleetWorld _world = null!;
    private WebApplication _service = null!;

    public async ValueTask InitializeAsync()
    {
        if (!ClusterFactAttribute.IsInside)
            return;
        _cluster = await TestCluster.MakeAsync();
        _world = await FleetWorld.OnSqliteAsync();
        ServiceKey.Make(_folder);
        await File.WriteAllLinesAsync(Path.Combine(_folder, "release.pcrs"), FleetWorld.Pcrs.Where(static pcr => pcr.Key <= 3).Select(static pcr => $"{Convert.ToHexStringLower(pcr.Value)} PCR{pcr.Key}"));
        await File.WriteAllTextAsync(Path.Combine(_folder, "root.pem"), FleetWorld.Pki.RootPem);
        var settings = new ControlSettings
        {
            Listen = "http://127.0.0.1:7800",
            Database = "sqlite:unused",
            Data = _folder,
            Root = Path.Combine(_folder, "root.pem"),
            Images = [new ImageSettings { Version = "test", Pcrs = Path.Combine(_folder, "release.pcrs") }],
            Runner = new RunnerSettings { Kind = "kubernetes", Kubernetes = new KubernetesSettings { Namespace = _cluster.Namespace, NodeImage = "qos-node", SimulatorAuthority = "authority" } },
            Ingress = new IngressSettings { Listen = "http://127.0.0.1:7880" },
        };
        _service = ControlServer.Build(settings, _world.Database);
        await _service.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_service is not null)
        {
            await _service.StopAsync();
            await _service.DisposeAsync();
            await _world.DisposeAsync();
            _cluster.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }

    [ClusterFact]
    public async Task Whatever_somebody_edits_is_refused_by_the_schema_said_in_a_condition_or_put_back()
    {
        await ApplyAsync();
        await UntilAsync(static status => Condition(status, "ImageResolved") == "False" && Text(status, "phase") == "Refused", "the registry that is not there is not told");

        foreach (string refused in (string[])
        [
            """{"replicas":0}""", """{"replicas":101}""", """{"replicas":"three"}""", """{"port":70000}""", """{"promotion":"Sometimes"}""", """{"pivotDigest":"abc"}""", """{"pivotPath":"app"}""",
            """{"quorumKey":"00"}""", """{"quorumKey":null}""", """{"manifestSet":{"threshold":0}}""", """{"shareSet":{"members":[]}}""", """{"health":{"type":"TCP"}}""", """{"args":[1]}""", """{"env":[{"name":"A"}]}""",
        ])
        {
            Assert.Throws<InvalidOperationException>(() => Patch($$"""{"spec":{{refused}}}"""));
        }

        Patch("""{"spec":{"surprise":{"a":[1,2,3]}}}""");
        Assert.Null((await ReadAsync())["spec"]!["surprise"]);

        Patch($$$"""{"spec":{"quorumKey":"{{{_keys[3]}}}"}}""");
        await UntilAsync(static status => Reason(status, "Accepted") == "Immutable", "another quorum key is not refused");
        Patch($$$"""{"spec":{"quorumKey":"{{{_keys[0]}}}"}}""");
        await UntilAsync(static status => Reason(status, "Accepted") != "Immutable", "the first quorum key is still refused");
        Patch("""{"spec":{"manifestSet":{"threshold":1}}}""");
        await UntilAsync(static status => Reason(status, "Accepted") == "Immutable", "another threshold is not refused");
        Patch("""{"spec":{"manifestSet":{"threshold":2}}}""");

        Patch("""{"spec":{"replicas":7}}""");
        await UntilAsync(static status => Text(status, "ready") == "0/7", "the number of replicas is not followed");

        // A status is nobody's word: the service writes its own, and decides nothing by another's.
        Patch("""{"status":{"phase":"Live","live":"True","ready":"7/7","appId":"another","liveDeploymentId":"another"}}""", "status");
        Patch("""{"metadata":{"annotations":{"touched":"yes"}}}""");
        await UntilAsync(static status => Text(status, "phase") == "Refused" && Text(status, "live") == "False" && Text(status, "ready") == "0/7", "a status that somebody wrote stays");

        Patch("""{"metadata":{"finalizers":[]}}""");
        await TestCluster.UntilAsync(async () => (await ReadAsync())["metadata"]!["finalizers"]?[0]?.ToString() == KubernetesNames.Finalizer, static () => "the finalizer is not put back");

        TestCluster.Kubectl("-n", _cluster.Namespace, "delete", "enclavedeployment", "echo", "--timeout=60s");
        Assert.DoesNotContain(await _world.Database.LoadAsync(null, default), static app => app.App.Name == "echo");
    }

    [ClusterFact]
    public async Task A_new_version_of_the_CRD_finds_the_objects_of_before()
    {
        await ApplyAsync();
        await UntilAsync(static status => Text(status, "phase") == "Refused", "it is not looked at");
        string uid = (await ReadAsync())["metadata"]!["uid"]!.ToString();
        string changed = Path.Combine(_folder, "crd.yaml");
        await File.WriteAllTextAsync(changed, (await File.ReadAllTextAsync(TestCluster.Deploy("crd.yaml")))
            .Replace("                debugMode:\n", "                later:\n                  type: string\n                debugMode:\n", StringComparison.Ordinal));
        TestCluster.Kubectl("apply", "-f", changed);
        try
        {
            await TestCluster.UntilAsync(
                async () =>
                {
                    Patch("""{"spec":{"later":"yes","replicas":5}}""");
                    return (await ReadAsync())["spec"]!["later"]?.ToString() == "yes";
                },
                static () => "the new member is not kept");
            await UntilAsync(static status => Text(status, "ready") == "0/5", "the object is not followed any more");
            Assert.Equal(uid, (await ReadAsync())["metadata"]!["uid"]!.ToString());
        }
        finally
        {
            TestCluster.Kubectl("apply", "-f", TestCluster.Deploy("crd.yaml"));
        }
    }

    private static string? Text(JsonNode? status, string name) => status?[name]?.ToString();

    private static string? Condition(JsonNode? status, string type) => One(status, type)?["status"]?.ToString();

    private static string? Reason(JsonNode? status, string type) => One(status, type)?["reason"]?.ToString();

    private static JsonNode? One(JsonNode? status, string type) => status?["conditions"]?.AsArray().FirstOrDefault(condition => condition!["type"]!.ToString() == type);

    private void Patch(string patch, string? subresource = null)
    {
        if (subresource is null)
        {
            TestCluster.Kubectl("-n", _cluster.Namespace, "patch", "enclavedeployment", "echo", "--type=merge", "-p", patch);
            return;
        }

        _cluster.Admin.CustomObjects.PatchNamespacedCustomObjectStatus(
            new k8s.Models.V1Patch(patch, k8s.Models.V1Patch.PatchType.MergePatch), KubernetesNames.Group, KubernetesNames.Version, _cluster.Namespace, KubernetesNames.Plural, "echo");
    }

    private async Task<JsonNode> ReadAsync() => JsonNode.Parse(JsonSerializer.Serialize(await _cluster.Admin.CustomObjects.GetNamespacedCustomObjectAsync(
        KubernetesNames.Group, KubernetesNames.Version, _cluster.Namespace, KubernetesNames.Plural, "echo")))!;

    private async Task UntilAsync(Func<JsonNode?, bool> holds, string otherwise)
    {
        JsonNode? last = null;
        await TestCluster.UntilAsync(async () => holds(last = (await ReadAsync())["status"]), () => $"{otherwise}: {last}");
    }

    private async Task ApplyAsync()
    {
        string[] members = [.. Enumerable.Range(1, 2).Select(i => $$"""{"alias":"member-{{i}}","publicKey":"{{_keys[i]}}"}""")];
        string set = $$"""{"threshold":2,"members":[{{string.Join(',', members)}}]}""";
        string file = Path.Combine(_folder, "echo.json");
        await File.WriteAllTextAsync(
            file,
            $$$"""
            {"apiVersion":"fleet.qos/v1alpha1","kind":"EnclaveDeployment","metadata":{"name":"echo","namespace":"{{{_cluster.Namespace}}}"},
             "spec":{"quorumKey":"{{{_keys[0]}}}","manifestSet":{{{set}}},"shareSet":{{{set}}},"qosVersion":"test","image":"127.0.0.1:1/echo:1","pivotPath":"/app/echo","pivotDigest":"{{{new string('0', 64)}}}","port":3000}}
            """);
        TestCluster.Kubectl("apply", "-f", file);
    }
}
