using System.Globalization;
using k8s.Models;

namespace Qos.Fleet.Kubernetes;

/// <summary>
/// The StatefulSet of a deployment: one pod for each slot, with a number of its own, which Kubernetes schedules and restarts. Pods are never rolled
/// (<c>OnDelete</c>): they hold keys, and another manifest is another deployment with another set.
/// </summary>
internal static class ReplicaPods
{
    public const int ControlPort = 7801;
    public const int HealthPort = 7802;
    private const int FirstAppPort = 7810;
    private const int DrainSeconds = 10;
    private const long User = 65532;
    private const string Sockets = "/run/qos";

    /// <summary>Where the sample and other apps find the enclave's files under the simulator, as with the local runner.</summary>
    private const string NodeFolder = "/run/qos-node";

    /// <summary>The name of a deployment's objects: short, because the names of pods and revisions are made from it.</summary>
    public static string Name(string deploymentId) => $"enclave-{deploymentId.Replace("-", "", StringComparison.Ordinal)[^12..]}";

    /// <summary>The name of an app's port in a container and in a Service.</summary>
    public static string PortName(ushort port) => string.Create(CultureInfo.InvariantCulture, $"app-{port}");

    /// <summary>Labels of everything of a deployment.</summary>
    public static Dictionary<string, string> Labels(string fleet, string appId, string deploymentId) => new(StringComparer.Ordinal)
    {
        ["app.kubernetes.io/name"] = "qos-enclave",
        ["app.kubernetes.io/managed-by"] = KubernetesNames.FieldManager,
        [KubernetesNames.FleetLabel] = fleet,
        [KubernetesNames.AppLabel] = appId,
        [KubernetesNames.DeploymentLabel] = deploymentId,
    };

    /// <exception cref="RunnerException">The image is not known to the runner.</exception>
    public static V1StatefulSet Set(KubernetesRunnerOptions options, Deployment deployment, int replicas)
    {
        Dictionary<string, string> labels = Labels(options.Fleet, deployment.AppId, deployment.Id);
        var selector = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [KubernetesNames.FleetLabel] = options.Fleet,
            [KubernetesNames.DeploymentLabel] = deployment.Id,
        };
        return new V1StatefulSet
        {
            ApiVersion = "apps/v1",
            Kind = "StatefulSet",
            Metadata = new V1ObjectMeta { Name = Name(deployment.Id), NamespaceProperty = options.Namespace, Labels = labels },
            Spec = new V1StatefulSetSpec
            {
                Replicas = replicas,
                ServiceName = Name(deployment.Id),
                PodManagementPolicy = "Parallel",
                UpdateStrategy = new V1StatefulSetUpdateStrategy { Type = "OnDelete" },
                RevisionHistoryLimit = 1,
                Selector = new V1LabelSelector { MatchLabels = selector },
                Template = new V1PodTemplateSpec { Metadata = new V1ObjectMeta { Labels = labels, Annotations = Annotations(options) }, Spec = Pod(options, deployment, selector) },
            },
        };
    }

    private static Dictionary<string, string> Annotations(KubernetesRunnerOptions options)
    {
        var annotations = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["prometheus.io/scrape"] = "true",
            ["prometheus.io/port"] = HealthPort.ToString(CultureInfo.InvariantCulture),
            ["prometheus.io/path"] = "/metrics",
        };
        if (options.SimulatorAuthority is not null)
            annotations["fleet.qos/worth"] = "none: the security module is simulated";
        return annotations;
    }

    private static V1PodSpec Pod(KubernetesRunnerOptions options, Deployment deployment, Dictionary<string, string> selector)
    {
        bool simulated = options.SimulatorAuthority is not null;
        return new V1PodSpec
        {
            AutomountServiceAccountToken = false,
            ServiceAccountName = options.ServiceAccount,
            EnableServiceLinks = false,
            ShareProcessNamespace = simulated ? true : null,
            TerminationGracePeriodSeconds = 30,
            ImagePullSecrets = options.PullSecrets.Count == 0 ? null : [.. options.PullSecrets.Select(static name => new V1LocalObjectReference { Name = name })],
            NodeSelector = options.NodeSelector.Count == 0 ? null : options.NodeSelector.ToDictionary(),
            ReadinessGates = [new V1PodReadinessGate { ConditionType = KubernetesNames.VerifiedCondition }],
            SecurityContext = simulated
                ? new V1PodSecurityContext { RunAsNonRoot = true, RunAsUser = User, RunAsGroup = User, FsGroup = User, SeccompProfile = new V1SeccompProfile { Type = "RuntimeDefault" } }

                // The device belongs to root, and the runtimes' default profile forbids sockets of AF_VSOCK.
                : new V1PodSecurityContext { RunAsUser = 0, SeccompProfile = new V1SeccompProfile { Type = "Unconfined" } },
            TopologySpreadConstraints =
            [
                Spread("kubernetes.io/hostname", selector),
                Spread("topology.kubernetes.io/zone", selector),
            ],
            Containers = simulated ? Simulated(options, deployment) : [Nitro(options, deployment)],
            Volumes = simulated ? SimulatedVolumes(options.SimulatorAuthority!) : NitroVolumes(),
        };
    }

    private static V1TopologySpreadConstraint Spread(string key, Dictionary<string, string> selector) => new()
    {
        MaxSkew = 1,
        TopologyKey = key,
        WhenUnsatisfiable = "ScheduleAnyway",
        LabelSelector = new V1LabelSelector { MatchLabels = selector },
    };

    private static List<V1Container> Simulated(KubernetesRunnerOptions options, Deployment deployment)
    {
        if (!options.Measurements.TryGetValue(deployment.QosVersion, out IReadOnlyDictionary<int, byte[]>? pcrs))
            throw new RunnerException($"the runner has no measurements for the image {deployment.QosVersion}");
        V1VolumeMount sockets = new() { Name = "sockets", MountPath = Sockets };

        // What the host carries ends with the host, so the others stay until it has drained.
        var outlive = new V1Lifecycle { PreStop = new V1LifecycleHandler { Exec = new V1ExecAction { Command = ["/bin/sh", "-c", "while pidof qos-host >/dev/null; do sleep 0.1; done"] } } };
        return
        [
            new V1Container
            {
                Name = "nsm",
                Image = options.NodeImage,
                ImagePullPolicy = options.PullPolicy,
                Command = ["qos-nsm-sim"],
                Args =
                [
                    "--socket", Sockets + "/nsm.sock", "--pki-dir", "/etc/qos-authority",
                    .. pcrs.OrderBy(static pcr => pcr.Key).SelectMany(static pcr => (string[])[string.Create(CultureInfo.InvariantCulture, $"--pcr{pcr.Key}"), Convert.ToHexStringLower(pcr.Value)]),
                ],
                VolumeMounts = [sockets, new V1VolumeMount { Name = "authority", MountPath = "/etc/qos-authority", ReadOnlyProperty = true }],
                Lifecycle = outlive,
                Resources = Resources("50m", "128Mi"),
                SecurityContext = Locked(),
            },
            new V1Container
            {
                Name = "enclave",
                Image = options.NodeImage,
                ImagePullPolicy = options.PullPolicy,
                Command = ["qos-enclave"],
                Args = ["--socket", Sockets + "/enclave.sock", "--nsm", Sockets + "/nsm.sock", "--dir", NodeFolder, "--network", "shared"],
                VolumeMounts = [sockets, new V1VolumeMount { Name = "node", MountPath = NodeFolder }],
                Lifecycle = outlive,
                Resources = Resources("100m", string.Create(CultureInfo.InvariantCulture, $"{(deployment.RamGib is { } gib ? gib * 1024 : 512)}Mi")),
                SecurityContext = Locked(),
            },
            Host(options, deployment, ["qos-host"], ["--enclave-socket", Sockets + "/enclave.sock"], Resources("50m", "256Mi"), [sockets]),
        ];
    }

    private static V1Container Nitro(KubernetesRunnerOptions options, Deployment deployment)
    {
        if (!options.EnclaveImages.TryGetValue(deployment.QosVersion, out string? eif))
            throw new RunnerException($"the runner has no enclave image for {deployment.QosVersion}: give its path in the node's image as eif");
        int cpus = deployment.Cpus ?? options.Cpus, memory = deployment.RamGib is { } gib ? gib * 1024 : options.MemoryMib;
        int page = options.HugePages == "1Gi" ? 1024 : 2;
        string huge = string.Create(CultureInfo.InvariantCulture, $"{(memory + page - 1) / page * page}Mi");
        var limits = new Dictionary<string, ResourceQuantity>(StringComparer.Ordinal)
        {
            ["aws.ec2.nitro/nitro_enclaves"] = new("1"),
            ["hugepages-" + options.HugePages] = new(huge),
            ["cpu"] = new("500m"),
            ["memory"] = new("512Mi"),
        };
        string[] enclave =
        [
            "--eif-path", eif, "--cpu-count", cpus.ToString(CultureInfo.InvariantCulture), "--memory", memory.ToString(CultureInfo.InvariantCulture),
            .. deployment.DebugMode ? (string[])["--debug-mode"] : [],
        ];
        V1Container container = Host(
            options,
            deployment,
            ["qos-nitro-pod", .. enclave, "--", "qos-host"],
            [],
            new V1ResourceRequirements { Limits = limits, Requests = new Dictionary<string, ResourceQuantity>(limits) },
            [
                new V1VolumeMount { Name = "hugepages", MountPath = "/dev/hugepages" },
                new V1VolumeMount { Name = "run", MountPath = "/run/nitro_enclaves" },
                new V1VolumeMount { Name = "log", MountPath = "/var/log/nitro_enclaves" },
            ]);
        return container;
    }

    private static V1Container Host(
        KubernetesRunnerOptions options, Deployment deployment, List<string> command, List<string> enclave, V1ResourceRequirements resources, List<V1VolumeMount> mounts)
    {
        IReadOnlyList<ushort> ports = deployment.Ports;
        mounts.Add(new V1VolumeMount { Name = "tmp", MountPath = "/tmp" });
        string check = deployment.Health.Kind == HealthCheckKind.Http
            ? string.Create(CultureInfo.InvariantCulture, $"http:{deployment.Health.Port}/health")
            : string.Create(CultureInfo.InvariantCulture, $"grpc:{deployment.Health.Port}");
        return new V1Container
        {
            Name = PodView.HostContainer,
            Image = options.NodeImage,
            ImagePullPolicy = options.PullPolicy,
            Command = command,
            Args =
            [
                .. enclave,
                "--listen", string.Create(CultureInfo.InvariantCulture, $"0.0.0.0:{ControlPort}"),
                "--health-listen", string.Create(CultureInfo.InvariantCulture, $"0.0.0.0:{HealthPort}"),
                "--app-check", check, "--app-check-interval", "1", "--log", "json",
                "--drain", DrainSeconds.ToString(CultureInfo.InvariantCulture),
                .. ports.SelectMany(static (port, i) => (string[])["--publish", string.Create(CultureInfo.InvariantCulture, $"{port}=0.0.0.0:{FirstAppPort + i}")]),
            ],
            Ports =
            [
                new V1ContainerPort { Name = "control", ContainerPort = ControlPort },
                new V1ContainerPort { Name = "health", ContainerPort = HealthPort },
                .. ports.Select(static (port, i) => new V1ContainerPort { Name = PortName(port), ContainerPort = FirstAppPort + i }),
            ],

            // It lives while it answers; a node without a key lives and is not ready.
            StartupProbe = Probe("/healthz", period: 1, failures: 300),
            LivenessProbe = Probe("/healthz", period: 10, failures: 3),
            ReadinessProbe = Probe("/readyz", period: 1, failures: 3),

            // Until every node has taken the pod off its Services; what is in flight then goes on until the host has drained.
            Lifecycle = new V1Lifecycle { PreStop = new V1LifecycleHandler { Exec = new V1ExecAction { Command = ["/bin/sleep", "2"] } } },
            Resources = resources,
            VolumeMounts = mounts,
            SecurityContext = Locked(),
        };
    }

    private static V1Probe Probe(string path, int period, int failures) => new()
    {
        HttpGet = new V1HTTPGetAction { Path = path, Port = "health" },
        PeriodSeconds = period,
        TimeoutSeconds = 3,
        FailureThreshold = failures,
    };

    private static V1SecurityContext Locked() => new()
    {
        AllowPrivilegeEscalation = false,
        ReadOnlyRootFilesystem = true,
        Capabilities = new V1Capabilities { Drop = ["ALL"] },
    };

    private static V1ResourceRequirements Resources(string cpu, string memory) => new()
    {
        Requests = new Dictionary<string, ResourceQuantity>(StringComparer.Ordinal) { ["cpu"] = new(cpu), ["memory"] = new("32Mi") },
        Limits = new Dictionary<string, ResourceQuantity>(StringComparer.Ordinal) { ["memory"] = new(memory) },
    };

    private static List<V1Volume> SimulatedVolumes(string authority) =>
    [
        Memory("sockets"),
        Memory("node"),
        Memory("tmp"),
        new V1Volume { Name = "authority", Secret = new V1SecretVolumeSource { SecretName = authority, DefaultMode = 0x120 } },
    ];

    private static List<V1Volume> NitroVolumes() =>
    [
        new V1Volume { Name = "hugepages", EmptyDir = new V1EmptyDirVolumeSource { Medium = "HugePages" } },
        Memory("run"),
        Memory("log"),
        Memory("tmp"),
    ];

    private static V1Volume Memory(string name) => new() { Name = name, EmptyDir = new V1EmptyDirVolumeSource { Medium = "Memory" } };
}
