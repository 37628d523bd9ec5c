using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;
using k8s;
using k8s.Models;

namespace Qos.Fleet.Kubernetes.Tests;

/// <summary>A namespace of its own in the cluster that this process runs in, with the objects of deploy/kubernetes.</summary>
internal sealed class TestCluster : IDisposable
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    private TestCluster(string ns)
    {
        Namespace = ns;
        Admin = new k8s.Kubernetes(KubernetesClientConfiguration.BuildDefaultConfig());
        Service = Impersonate($"system:serviceaccount:{ns}:qos-control");
    }

    public string Namespace { get; }

    /// <summary>May do everything.</summary>
    public k8s.Kubernetes Admin { get; }

    /// <summary>May do what deploy/kubernetes/rbac.yaml lets the control service do.</summary>
    public k8s.Kubernetes Service { get; }

    public static string Folder => Environment.GetEnvironmentVariable("CLUSTER_DIR")!;

    public static async Task<TestCluster> MakeAsync()
    {
        var cluster = new TestCluster($"t-{Guid.NewGuid():N}"[..12]);
        await cluster.Admin.CoreV1.CreateNamespaceAsync(new V1Namespace { Metadata = new V1ObjectMeta { Name = cluster.Namespace } });
        Kubectl("apply", "-f", Deploy("crd.yaml"));
        Kubectl("wait", "--for=condition=Established", "crd/enclavedeployments.fleet.qos", "--timeout=60s");
        Kubectl("-n", cluster.Namespace, "apply", "-f", Deploy("rbac.yaml"));
        return cluster;
    }

    public static string Deploy(string file) => Path.Combine(InAClusterTests.Root(), "deploy/kubernetes", file);

    /// <summary>An object as JSON, what was read of it included: the client's own writer has no types for that.</summary>
    public static string Json(object item) => JsonSerializer.Serialize(item, item.GetType(), s_json);

    public static string Kubectl(params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo("kubectl", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"kubectl {string.Join(' ', arguments)}: {errors.Result}");
    }

    /// <summary>A client that is refused whatever its user is.</summary>
    public static k8s.Kubernetes Impersonate(string user) =>
        new k8s.Kubernetes(KubernetesClientConfiguration.BuildDefaultConfig(), new AsUser(user));

    /// <summary>Ends a part of the cluster at once, and waits until it is gone: what comes after it needs its port.</summary>
    public static async Task KillAsync(string part)
    {
        string id = File.ReadAllText(IdFile(part)).Trim();
        using (Process kill = Process.Start("kill", ["-KILL", id]))
            await kill.WaitForExitAsync();
        while (Runs(id))
            await Task.Delay(5);
    }

    /// <summary>Starts it again, as it was.</summary>
    public static Task StartAsync(string part)
    {
        // The file tells the process that the script becomes: what is in it now is the one that was killed.
        File.Delete(IdFile(part));
        Process.Start(new ProcessStartInfo("setsid", [Path.Combine(Folder, "parts", part)]))!.Dispose();
        return UntilAsync(() => Task.FromResult(File.Exists(IdFile(part)) && new FileInfo(IdFile(part)).Length > 0), () => $"{part} is not started again");
    }

    /// <summary>Waits until the API server answers again. One that came up beside an etcd that was too slow for it has ended: it is started again.</summary>
    public static Task AnswersAsync() => UntilAsync(
        static async () =>
        {
            if (!Runs((await File.ReadAllTextAsync(IdFile("apiserver"))).Trim()))
                await StartAsync("apiserver");
            try
            {
                return Kubectl("get", "--raw=/readyz", "--request-timeout=10s") == "ok";
            }
            catch (InvalidOperationException)
            {
                return false;
            }
        },
        static () => $"the API server does not come back; the end of its log:\n{string.Join('\n', File.ReadLines(Path.Combine(Folder, "logs/apiserver.log")).TakeLast(10))}",
        120);

    public static async Task UntilAsync(Func<Task<bool>> holds, Func<string> otherwise, int seconds = 90)
    {
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < TimeSpan.FromSeconds(seconds);)
        {
            if (await holds())
                return;
            await Task.Delay(50);
        }

        throw new TimeoutException(otherwise());
    }

    private static string IdFile(string part) => Path.Combine(Folder, $"parts/{part}.pid");

    // A process has its sockets until the last of its threads is gone, though the first one is a zombie by then.
    private static bool Runs(string id)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{id}/stat");
            return !stat[stat.LastIndexOf(')')..].StartsWith(") Z", StringComparison.Ordinal) || Directory.GetDirectories($"/proc/{id}/task").Length > 1;
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

    /// <summary>A client whose requests of one method wait until they are let go.</summary>
    public k8s.Kubernetes Late(HttpMethod method, TaskCompletionSource sent, Task letGo) =>
        new(KubernetesClientConfiguration.BuildDefaultConfig(), new AsUser($"system:serviceaccount:{Namespace}:qos-control"), new Held(method, sent, letGo));

    private sealed class Held(HttpMethod method, TaskCompletionSource sent, Task letGo) : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.Method == method)
            {
                sent.TrySetResult();
                await letGo.WaitAsync(cancellationToken);
            }

            return await base.SendAsync(request, cancellationToken);
        }
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
