using System.Diagnostics;
using k8s;
using k8s.Models;

namespace Qos.Fleet.Kubernetes.Tests;

/// <summary>A namespace of its own in the cluster that this process runs in, with the objects of deploy/kubernetes.</summary>
internal sealed class TestCluster : IDisposable
{
    private TestCluster(string ns)
    {
        Namespace = ns;
        Admin = new k8s.Kubernetes(KubernetesClientConfiguration.BuildDefaultConfig());
        Service = Impersonate($"system:serviceaccount:{ns}:qos-control");
    }

    public string Namespace { get; }

    /// <summary>May do everything.</summary>
    public IKubernetes Admin { get; }

    /// <summary>May do what deploy/kubernetes/rbac.yaml lets the control service do.</summary>
    public IKubernetes Service { get; }

    public static string Folder => Environment.GetEnvironmentVariable("CLUSTER_DIR")!;

    public static async Task<TestCluster> MakeAsync()
    {
        var cluster = new TestCluster($"t-{Guid.NewGuid():N}"[..12]);
        await cluster.Admin.CoreV1.CreateNamespaceAsync(new V1Namespace { Metadata = new V1ObjectMeta { Name = cluster.Namespace } });
        Kubectl("apply", "-f", Deploy("crd.yaml"));
        Kubectl("wait", "--for=condition=Established", "crd/enclavedeployments.fleet.qos", "--timeout=20s");
        Kubectl("-n", cluster.Namespace, "apply", "-f", Deploy("rbac.yaml"));
        return cluster;
    }

    public static string Deploy(string file) => Path.Combine(InAClusterTests.Root(), "deploy/kubernetes", file);

    public static string Kubectl(params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo("kubectl", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"kubectl {string.Join(' ', arguments)}: {errors.Result}");
    }

    /// <summary>A client that is refused whatever its user is.</summary>
    public static IKubernetes Impersonate(string user) =>
        new k8s.Kubernetes(KubernetesClientConfiguration.BuildDefaultConfig(), new AsUser(user));

    /// <summary>Ends a part of the cluster at once, and waits until it is gone: what comes after it needs its port.</summary>
    public static void Kill(string part)
    {
        string id = File.ReadAllText(Path.Combine(Folder, $"parts/{part}.pid")).Trim();
        Process.Start("kill", ["-KILL", id]).WaitForExit();
        while (Runs(id))
            Thread.Yield();
    }

    /// <summary>Starts it again, as it was.</summary>
    public static void Start(string part) => Process.Start(new ProcessStartInfo("setsid", [Path.Combine(Folder, "parts", part)]));

    /// <summary>Waits until the API server answers again.</summary>
    public Task AnswersAsync() => UntilAsync(
        async () =>
        {
            try
            {
                await Admin.CoreV1.ListNamespaceAsync();
                return true;
            }
            catch (Exception e) when (KubernetesErrors.IsApi(e) || e is OperationCanceledException)
            {
                return false;
            }
        },
        static () => "the API server does not come back",
        60);

    public static async Task UntilAsync(Func<Task<bool>> holds, Func<string> otherwise, int seconds = 30)
    {
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < TimeSpan.FromSeconds(seconds);)
        {
            if (await holds())
                return;
            await Task.Delay(50);
        }

        throw new TimeoutException(otherwise());
    }

    private static bool Runs(string id)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{id}/stat");
            return !stat[stat.LastIndexOf(')')..].StartsWith(") Z", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    public void Dispose()
    {
        Service.Dispose();
        Admin.Dispose();
    }

    private sealed class AsUser(string user) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.Add("Impersonate-User", user);
            request.Headers.Add("Impersonate-Group", "system:serviceaccounts");
            return base.SendAsync(request, cancellationToken);
        }
    }
}
