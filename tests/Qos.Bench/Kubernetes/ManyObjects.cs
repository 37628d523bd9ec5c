using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using Qos.Fleet;
using Qos.Fleet.Kubernetes;
using Qos.Fleet.World;

namespace Qos.Bench.Kubernetes;

/// <summary>
/// Runner, reconciler, controller and Lease beside thousands of EnclaveDeployments of three pods: API server and etcd alone. This class makes the pods, as the
/// controllers would, which with the scheduler would want both cores for a quarter of an hour.
/// </summary>
internal sealed class ManyObjects : IEnclaveDesk, IFleetNodes
{
    private const string Namespace = "many";
    private readonly Dictionary<string, (string App, string Deployment)> _known = new(StringComparer.Ordinal);
    private FleetWorld _world = null!;
    private Action<string> _wake = static _ => { };

    public static async Task<int> RunAsync()
    {
        int count = int.Parse(Environment.GetEnvironmentVariable("QOS_BENCH_OBJECTS") ?? "5000", CultureInfo.InvariantCulture);
        await new ManyObjects().RunAsync(count);
        return 0;
    }

    public Task<string> AppAsync(EnclaveRequest request, CancellationToken cancellationToken) => Task.FromResult(_known[request.Name].App);

    public Task<string> DeploymentAsync(EnclaveRequest request, string appId, CancellationToken cancellationToken) => Task.FromResult(_known[request.Name].Deployment);

    public async Task<AppSnapshot?> LoadAsync(string appId, CancellationToken cancellationToken) => (await _world.Database.LoadAsync(appId, cancellationToken)) is [var only] ? only : null;

    public Task<int> SharesGivenAsync(string deploymentId, string setupKey, CancellationToken cancellationToken) => Task.FromResult(0);

    public async Task ScaleAsync(EnclaveRequest request, string deploymentId, int replicas, CancellationToken cancellationToken)
    {
        await _world.Database.ScaleDeploymentAsync(await _world.ActivityAsync(), "{}", deploymentId, replicas, cancellationToken);
        _wake(_known[request.Name].App);
    }

    public Task PromoteAsync(EnclaveRequest request, string deploymentId, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task DeleteDeploymentAsync(EnclaveRequest request, string deploymentId, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<bool> DeleteAppAsync(string ns, string name, string uid, CancellationToken cancellationToken) => Task.FromResult(true);

    public IFleetNode Connect(ReplicaInstance instance) => throw new NodeUnreachableException("there is no node");

    public Task<bool> IsHealthyAsync(ReplicaInstance instance, HealthCheck check, CancellationToken cancellationToken) => Task.FromResult(false);

    private async Task RunAsync(int count)
    {
        foreach (string part in (string[])["scheduler", "controllers"])
        {
            using Process kill = Process.Start("kill", ["-KILL", (await File.ReadAllTextAsync(Path.Combine(Environment.GetEnvironmentVariable("CLUSTER_DIR")!, $"parts/{part}.pid"))).Trim()]);
            await kill.WaitForExitAsync();
        }

        using var admin = new k8s.Kubernetes(KubernetesClientConfiguration.BuildDefaultConfig());
        using (Process crd = Process.Start(new ProcessStartInfo("kubectl", ["apply", "-f", Crd()]) { RedirectStandardOutput = true })!)
            await crd.WaitForExitAsync();
        await admin.CoreV1.CreateNamespaceAsync(new V1Namespace { Metadata = new V1ObjectMeta { Name = Namespace } });
        await admin.CoreV1.CreateNamespacedServiceAccountAsync(new V1ServiceAccount { Metadata = new V1ObjectMeta { Name = "default" } }, Namespace);
        _world = await FleetWorld.OnSqliteAsync();
        for (int i = 0; i < count; i++)
        {
            await _world.AddAppAsync();
            Deployment deployment = await _world.DeployAsync();
            _known.Add(Name(i), (deployment.AppId, deployment.Id));
        }

        await Task.Delay(1000);
        await Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, token) =>
            await admin.CustomObjects.PatchNamespacedCustomObjectAsync(
                new V1Patch(JsonSerializer.Serialize(Object(i)), V1Patch.PatchType.ApplyPatch), KubernetesNames.Group, KubernetesNames.Version, Namespace, KubernetesNames.Plural, Name(i), fieldManager: "bench", cancellationToken: token));

        var counter = new Counter();
        using var client = new k8s.Kubernetes(KubernetesClientConfiguration.BuildDefaultConfig(), counter);
        var options = new KubernetesRunnerOptions
        {
            Namespace = Namespace,
            Fleet = "many",
            NodeImage = "qos-node",
            SimulatorAuthority = "authority",
            Measurements = new Dictionary<string, IReadOnlyDictionary<int, byte[]>> { ["test"] = FleetWorld.Pcrs },
        };
        await using var runner = new KubernetesRunner(client, options, TimeProvider.System, NullLogger<KubernetesRunner>.Instance);
        await using var controller = new EnclaveDeploymentController(client, Namespace, this, TimeProvider.System, NullLogger<EnclaveDeploymentController>.Instance);
        runner.Followed += controller.Notice;
        await using var election = new LeaseElection(client, Namespace, "many-control", "bench");
        using var reconciler = new Reconciler(
            new FleetParts
            {
                Store = _world.Database,
                Runner = runner,
                Nodes = this,
                Pivots = _world,
                Verifier = new ReplicaVerifier(FleetWorld.Trust, TimeProvider.System),
                Traffic = _world,
                Time = TimeProvider.System,
                Settings = new FleetSettings { StartLimit = TimeSpan.FromHours(1) },
                Metrics = new FleetMetrics(),
            },
            NullLogger<Reconciler>.Instance);
        _wake = reconciler.Wake;
        using var end = new CancellationTokenSource();
        var watch = Stopwatch.StartNew();
        await election.WonAsync(end.Token);
        Task running = Task.WhenAll(reconciler.RunAsync(end.Token), controller.RunAsync(end.Token), MakePodsAsync(admin, runner, end.Token));
        while (runner.Objects.Pods.Known.Values.Count(static pod => pod.ReplicaId is not null) < 3 * count || await IdleAsync(counter) > 30)
        {
            await Console.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{watch.Elapsed.TotalSeconds:0} s: {runner.Objects.Sets.Known.Count} sets, {runner.Objects.Pods.Known.Count} pods, {counter.Count} requests"));
            await Task.Delay(5000);
        }

        Row($"{count} EnclaveDeployments: StatefulSets applied and {3 * count} pods bound", $"{watch.Elapsed.TotalSeconds:0} s, {counter.Count} requests", "", true);
        double idle = await IdleAsync(counter);
        Row("requests to the API server, nothing changes, the Lease's with them", string.Create(CultureInfo.InvariantCulture, $"{idle / 10:0.00} /s"), "<= 1 /s", idle / 10 <= 1);
        long before = counter.Count;
        var changed = Stopwatch.StartNew();
        await admin.CustomObjects.PatchNamespacedCustomObjectAsync(
            new V1Patch("""{"spec":{"replicas":4}}""", V1Patch.PatchType.MergePatch), KubernetesNames.Group, KubernetesNames.Version, Namespace, KubernetesNames.Plural, Name(count / 2));
        string set = ReplicaPods.Name(_known[Name(count / 2)].Deployment);
        while ((await admin.AppsV1.ReadNamespacedStatefulSetAsync(set, Namespace)).Spec.Replicas != 4)
            await Task.Delay(20);
        Row("one of them changed until its StatefulSet is", string.Create(CultureInfo.InvariantCulture, $"{changed.Elapsed.TotalSeconds:0.00} s"), "<= 2 s", changed.Elapsed.TotalSeconds <= 2);
        await Task.Delay(3000);
        Row("requests for that change", string.Create(CultureInfo.InvariantCulture, $"{counter.Count - before}"), "", true);
        GC.Collect();
        using (Process self = Process.GetCurrentProcess())
            Row("memory of the process, resident, with database and tests' nodes", string.Create(CultureInfo.InvariantCulture, $"{self.WorkingSet64 >> 20} MiB"), "", true);
        await end.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    // What the StatefulSet controller does with a new set.
    private static async Task MakePodsAsync(k8s.Kubernetes admin, KubernetesRunner runner, CancellationToken cancellationToken)
    {
        var made = new HashSet<string>(StringComparer.Ordinal);
        while (!cancellationToken.IsCancellationRequested)
        {
            SetView[] sets = [.. runner.Objects.Sets.Known.Values.Where(set => !made.Contains(set.Name))];
            await Parallel.ForEachAsync(sets, new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = cancellationToken }, async (view, token) =>
            {
                V1StatefulSet set = await admin.AppsV1.ReadNamespacedStatefulSetAsync(view.Name, Namespace, cancellationToken: token);
                for (int i = 0; i < set.Spec.Replicas; i++)
                {
                    V1PodTemplateSpec template = set.Spec.Template;
                    var pod = new V1Pod
                    {
                        Metadata = new V1ObjectMeta
                        {
                            Name = string.Create(CultureInfo.InvariantCulture, $"{view.Name}-{i}"),
                            Labels = template.Metadata.Labels,
                            Annotations = template.Metadata.Annotations,
                            OwnerReferences = [new V1OwnerReference { ApiVersion = "apps/v1", Kind = "StatefulSet", Name = view.Name, Uid = view.Uid, Controller = true }],
                        },
                        Spec = template.Spec,
                    };
                    await admin.CoreV1.CreateNamespacedPodAsync(pod, Namespace, cancellationToken: token);
                }
            });
            made.UnionWith(sets.Select(static set => set.Name));
            await Task.Delay(200, cancellationToken);
        }
    }

    private static async Task<double> IdleAsync(Counter counter)
    {
        long before = counter.Count;
        await Task.Delay(10_000);
        return counter.Count - before;
    }

    private static void Row(string measure, string ours, string target, bool met) => Console.WriteLine($"row|{measure}|{ours}|{target}|{met}");

    private static string Name(int i) => string.Create(CultureInfo.InvariantCulture, $"app-{i:00000}");

    private static string Crd()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Qos.sln")))
            folder = Path.GetDirectoryName(folder)!;
        return Path.Combine(folder, "deploy/kubernetes/crd.yaml");
    }

    private static Dictionary<string, object> Object(int i)
    {
        string key = new('a', 260);
        var set = new { threshold = 2, members = new[] { new { alias = "a", publicKey = key }, new { alias = "b", publicKey = key } } };
        return new Dictionary<string, object>
        {
            ["apiVersion"] = $"{KubernetesNames.Group}/{KubernetesNames.Version}",
            ["kind"] = "EnclaveDeployment",
            ["metadata"] = new { name = Name(i) },
            ["spec"] = new { quorumKey = key, manifestSet = set, shareSet = set, qosVersion = "test", image = "registry.example/app:1", pivotPath = "/app", pivotDigest = new string('0', 64), port = 3000, replicas = 3 },
        };
    }

    private sealed class Counter : DelegatingHandler
    {
        private long _count;

        public long Count => Interlocked.Read(ref _count);

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _count);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
