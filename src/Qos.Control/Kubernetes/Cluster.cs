using k8s;
using k8s.Exceptions;
using Qos.Client;
using Qos.Fleet.Kubernetes;

namespace Qos.Control;

/// <summary>The cluster that the service runs in, or that <c>KUBECONFIG</c> names; and what of the service is there only with one.</summary>
internal sealed class Cluster : IDisposable
{
    private static readonly TimeSpan s_answer = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan s_ping = TimeSpan.FromSeconds(10);

    public Cluster(ControlSettings settings)
    {
        KubernetesSettings own = settings.Runner.Kubernetes ?? throw new ControlException("The runner 'kubernetes' needs its settings: runner.kubernetes.");
        try
        {
            foreach (string path in (Environment.GetEnvironmentVariable("KUBECONFIG") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries))
                InputFile.RequireOwn(path);
            KubernetesClientConfiguration configuration = KubernetesClientConfiguration.BuildDefaultConfig();
            configuration.HttpClientTimeout = s_answer;
            configuration.UserAgent = "qos-control";

            // A watch is silent for minutes: what is behind it must be alive all the same.
            configuration.FirstMessageHandlerSetup = static handler =>
            {
                handler.KeepAlivePingDelay = s_ping;
                handler.KeepAlivePingTimeout = s_ping;
                handler.ConnectTimeout = s_ping;
            };
            Client = new k8s.Kubernetes(configuration);
            Namespace = own.Namespace ?? configuration.Namespace ?? "default";
        }
        catch (Exception e) when (e is CeremonyException or KubeConfigException or IOException or UnauthorizedAccessException)
        {
            throw new ControlException($"The cluster's configuration cannot be read: {e.Message}", e);
        }

        if (own.HugePages is not (null or "2Mi" or "1Gi"))
            throw new ControlException($"runner.kubernetes.hugePages is '{own.HugePages}': it is 2Mi or 1Gi.");
        Options = new KubernetesRunnerOptions
        {
            Namespace = Namespace,
            Fleet = own.Fleet ?? KubernetesSettings.DefaultFleet,
            NodeImage = own.NodeImage,
            PullPolicy = own.PullPolicy ?? "IfNotPresent",
            PullSecrets = own.PullSecrets ?? [],
            SimulatorAuthority = own.SimulatorAuthority,
            Measurements = ServiceTrust.Of(settings).Images.ToDictionary(
                static image => image.Version, static image => (IReadOnlyDictionary<int, byte[]>)image.Pcrs, StringComparer.Ordinal),
            EnclaveImages = settings.Images.Where(static image => image.Eif is not null).ToDictionary(static image => image.Version, static image => image.Eif!, StringComparer.Ordinal),
            HugePages = own.HugePages ?? "2Mi",
            ServiceAccount = own.ServiceAccount,
            NodeSelector = own.NodeSelector ?? new Dictionary<string, string>(),
            IngressNamespaces = own.IngressNamespaces ?? new Dictionary<string, string>(),
        };
    }

    public k8s.Kubernetes Client { get; }

    public string Namespace { get; }

    public KubernetesRunnerOptions Options { get; }

    /// <summary>What runs only in a cluster: the controller of EnclaveDeployments and the election of the service that leads.</summary>
    public static void Add(IServiceCollection services, ControlSettings settings)
    {
        if (settings.Runner.Kind != "kubernetes")
            return;
        services.AddSingleton(new Cluster(settings));
        services.AddSingleton(provider =>
        {
            Cluster cluster = provider.GetRequiredService<Cluster>();
            return new LeaseElection(cluster.Client, cluster.Namespace, $"{cluster.Options.Fleet}-control", $"{Environment.MachineName}-{Guid.NewGuid():N}"[..Math.Min(63, Environment.MachineName.Length + 9)], provider.GetRequiredService<TimeProvider>());
        });
        services.AddSingleton<IEnclaveDesk, EnclaveDesk>();
        services.AddSingleton(provider =>
        {
            Cluster cluster = provider.GetRequiredService<Cluster>();
            return new EnclaveDeploymentController(
                cluster.Client, cluster.Namespace, provider.GetRequiredService<IEnclaveDesk>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<EnclaveDeploymentController>>());
        });
        services.AddSingleton<ILeaderWork, EnclaveDeployments>();
    }

    public void Dispose() => Client.Dispose();
}
