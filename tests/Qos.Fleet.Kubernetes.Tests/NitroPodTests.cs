using System.Diagnostics;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using Qos.Fleet.World;

namespace Qos.Fleet.Kubernetes.Tests;

/// <summary>The pod of a Nitro enclave: its object, and what runs in it with a stand-in for nitro-cli.</summary>
public sealed class NitroPodTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("qos-pod-").FullName;
    private Process? _pod;

    public NitroPodTests()
    {
        // Answers as the documentation says; "running" is the enclave.
        Write("nitro-cli", """
            #!/bin/sh
            echo "$*" >>"$HERE/calls"
            case $1 in
                run-enclave)
                    [ ! -e "$HERE/broken" ] || { echo "[ E36 ] Enclave boot failure" >&2; exit 36; }
                    touch "$HERE/running"
                    echo "Started enclave with enclave-cid: 19, memory: 2048 MiB, cpu-ids: [1, 3]" >&2
                    printf '{\n  "EnclaveName": "qos",\n  "EnclaveID": "i-0-enc1",\n  "ProcessID": 7,\n  "EnclaveCID": 19,\n  "NumberOfCPUs": 2,\n  "CPUIDs": [\n    1,\n    3\n  ],\n  "MemoryMiB": 2048\n}\n' ;;
                describe-enclaves) [ -e "$HERE/running" ] && printf '[\n  {\n    "State": "RUNNING"\n  }\n]\n' || echo '[]' ;;
                terminate-enclave) rm -f "$HERE/running" ;;
            esac
            """);
        Write("qos-host", """
            #!/bin/sh
            trap 'echo drained >>"$HERE/host"; exit 0' TERM
            echo "$*" >"$HERE/host.new" && mv "$HERE/host.new" "$HERE/host"
            while [ ! -e "$HERE/stop" ]; do sleep 0.05; done
            """);
    }

    public void Dispose()
    {
        if (_pod is { HasExited: false })
            _pod.Kill(entireProcessTree: true);
        _pod?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Its_StatefulSet_is_this_one_field_by_field()
    {
        await using FleetWorld world = await FleetWorld.OnSqliteAsync();
        string got = KubernetesJson.Serialize(await SetAsync(world, "qos"));
        JsonNode expected = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(InAClusterTests.Root(), "tests/Qos.Fleet.Kubernetes.Tests/nitro-pod.json")))!;
        var differ = new List<string>();
        Compare(expected, JsonNode.Parse(got.Replace(world.App.Id, "APP", StringComparison.Ordinal)), "", differ);
        Assert.True(differ.Count == 0, $"{string.Join('\n', differ)}\n{got}");
    }

    [Theory]
    [InlineData("2Mi", 1500, "1500Mi")]
    [InlineData("2Mi", 1501, "1502Mi")]
    [InlineData("1Gi", 1500, "2Gi")]
    [InlineData("1Gi", 1024, "1Gi")]
    public async Task Its_memory_is_asked_for_in_whole_pages_of_the_allocator_s_size(string pages, int mib, string asked)
    {
        await using FleetWorld world = await FleetWorld.OnSqliteAsync();
        V1StatefulSet set = ReplicaPods.Set(Options("qos") with { HugePages = pages, MemoryMib = mib }, await world.DeployAsync(), 1);
        IDictionary<string, ResourceQuantity> limits = Assert.Single(set.Spec.Template.Spec.Containers).Resources.Limits;
        Assert.Equal(new ResourceQuantity(asked).ToDecimal(), limits["hugepages-" + pages].ToDecimal());
        Assert.Single(limits.Keys, static name => name.StartsWith("hugepages", StringComparison.Ordinal));
    }

    [ClusterFact]
    [Trait("in", "cluster")]
    public async Task The_API_server_takes_it_and_keeps_every_field()
    {
        using TestCluster cluster = await TestCluster.MakeAsync();
        await using FleetWorld world = await FleetWorld.OnSqliteAsync();
        V1StatefulSet set = await SetAsync(world, cluster.Namespace);
        var lost = new List<string>();
        V1StatefulSet taken = await cluster.Service.AppsV1.CreateNamespacedStatefulSetAsync(set, cluster.Namespace, dryRun: "All", fieldValidation: "Strict");
        Missing(Json(set), Json(taken), "", lost);

        // A set is taken with a template that no pod can be made of: the pod itself is tried as well, with the admission of pods.
        var pod = new V1Pod { Metadata = new V1ObjectMeta { Name = "nitro", Labels = set.Spec.Template.Metadata.Labels, Annotations = set.Spec.Template.Metadata.Annotations }, Spec = set.Spec.Template.Spec };
        pod.Spec.ServiceAccountName = "default";
        await TestCluster.UntilAsync(async () => (await cluster.Admin.CoreV1.ListNamespacedServiceAccountAsync(cluster.Namespace)).Items.Any(static account => account.Metadata.Name == "default"), static () => "there is no default account");
        Missing(Json(pod), Json(await cluster.Admin.CoreV1.CreateNamespacedPodAsync(pod, cluster.Namespace, dryRun: "All")), "", lost);
        Assert.True(lost.Count == 0, string.Join('\n', lost));
    }

    [Fact]
    public async Task The_enclave_is_started_then_the_host_before_it_and_both_end_in_order()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "running"), "of a container before this one");
        Start();
        await HostAsync();
        Assert.Equal("--listen 0.0.0.0:7801 --enclave-cid 19", (await File.ReadAllTextAsync(Path.Combine(_folder, "host"))).Trim());
        using (Process term = Process.Start("kill", ["-TERM", $"{_pod!.Id}"]))
            await term.WaitForExitAsync();
        Assert.Equal(0, await EndAsync());
        Assert.EndsWith("drained", (await File.ReadAllTextAsync(Path.Combine(_folder, "host"))).Trim(), StringComparison.Ordinal);
        string[] calls = [.. (await File.ReadAllLinesAsync(Path.Combine(_folder, "calls"))).Where(static call => call != "describe-enclaves")];
        Assert.Equal(["terminate-enclave --all", "run-enclave --eif-path /eif/qos.eif --cpu-count 2 --memory 2048", "terminate-enclave --all"], calls);
        Assert.False(File.Exists(Path.Combine(_folder, "running")));
    }

    [Fact]
    public async Task An_enclave_that_ends_ends_the_container()
    {
        Start();
        await HostAsync();
        File.Delete(Path.Combine(_folder, "running"));
        Task<string> errors = _pod!.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1, await EndAsync());
        Assert.Contains("qos-nitro-pod: the enclave ended", await errors, StringComparison.Ordinal);
        Assert.Contains("drained", await File.ReadAllTextAsync(Path.Combine(_folder, "host")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_that_ends_ends_the_enclave_and_the_container()
    {
        Start();
        await HostAsync();
        await File.WriteAllTextAsync(Path.Combine(_folder, "stop"), "");
        Assert.Equal(1, await EndAsync());
        Assert.False(File.Exists(Path.Combine(_folder, "running")));
    }

    [Fact]
    public async Task An_enclave_that_does_not_start_is_told_with_what_nitro_cli_says()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "broken"), "");
        Start();
        string errors = await _pod!.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1, await EndAsync());
        Assert.Contains("[ E36 ] Enclave boot failure", errors, StringComparison.Ordinal);
        Assert.Contains("qos-nitro-pod: the enclave does not start", errors, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_folder, "host")));
    }

    /// <summary>Every leaf of what is wanted that is not in what there is. Quantities and lists that the server fills up count as kept.</summary>
    internal static void Missing(JsonNode? wanted, JsonNode? there, string path, List<string> lost)
    {
        switch (wanted)
        {
            case JsonObject members:
                foreach ((string name, JsonNode? value) in members)
                    Missing(value, (there as JsonObject)?[name], $"{path}.{name}", lost);
                break;
            case JsonArray items:
                for (int i = 0; i < items.Count; i++)
                    Missing(items[i], there is JsonArray list && i < list.Count ? list[i] : null, $"{path}[{i}]", lost);
                break;
            case not null when !JsonNode.DeepEquals(wanted, there) && !(Gib(wanted) is { } gib && gib == Gib(there)):
                lost.Add($"{path}: {wanted.ToJsonString()} became {there?.ToJsonString() ?? "nothing"}");
                break;
        }
    }

    // The server writes quantities in its own way: 2048Mi is 2Gi.
    private static decimal? Gib(JsonNode? node)
    {
        try
        {
            return node is JsonValue value && value.TryGetValue(out string? text) ? new ResourceQuantity(text).ToDecimal() : null;
        }
        catch (Exception e) when (e is FormatException or ArgumentException or OverflowException)
        {
            return null;
        }
    }

    internal static KubernetesRunnerOptions Options(string ns) => new()
    {
        Namespace = ns,
        Fleet = "test",
        NodeImage = "registry.example/qos-nitro:1",
        PullSecrets = ["registry"],
        ServiceAccount = "enclaves",
        NodeSelector = new Dictionary<string, string> { ["aws-nitro-enclaves-k8s-dp"] = "enabled" },
        EnclaveImages = new Dictionary<string, string> { ["test"] = "/eif/qos.eif" },
    };

    private static async Task<V1StatefulSet> SetAsync(FleetWorld world, string ns) =>
        ReplicaPods.Set(Options(ns), await world.DeployAsync(with: static d => d with { Id = "01900000-0000-7000-8000-0123456789ab", RamGib = 2 }), 3);

    private static void Compare(JsonNode? expected, JsonNode? got, string path, List<string> differ)
    {
        Missing(expected, got, path, differ);
        Missing(got, expected, "expected" + path, differ);
    }

    private static JsonNode Json(object item) => JsonNode.Parse(TestCluster.Json(item))!;

    private void Write(string name, string script)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, script + "\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private void Start()
    {
        var start = new ProcessStartInfo(TestCluster.Deploy("qos-nitro-pod"), ["--eif-path", "/eif/qos.eif", "--cpu-count", "2", "--memory", "2048", "--", "qos-host", "--listen", "0.0.0.0:7801"]) { RedirectStandardError = true };
        start.Environment["PATH"] = $"{_folder}:{start.Environment["PATH"]}";
        start.Environment["HERE"] = _folder;
        _pod = Process.Start(start)!;
    }

    private Task HostAsync() => TestCluster.UntilAsync(() => Task.FromResult(File.Exists(Path.Combine(_folder, "host"))), static () => "the host is not started");

    private async Task<int> EndAsync()
    {
        await _pod!.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(90));
        return _pod.ExitCode;
    }
}
