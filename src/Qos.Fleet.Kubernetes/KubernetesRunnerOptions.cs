namespace Qos.Fleet.Kubernetes;

/// <summary>How replicas run as pods.</summary>
public sealed record KubernetesRunnerOptions
{
    /// <summary>The namespace of the pods, which is the service's own.</summary>
    public required string Namespace { get; init; }

    /// <summary>The fleet's name, a label: two services in one namespace have two.</summary>
    public required string Fleet { get; init; }

    /// <summary>The container image with <c>qos-host</c>, and with the simulator or with <c>nitro-cli</c> and the enclave images.</summary>
    public required string NodeImage { get; init; }

    /// <summary>When the node's image is pulled: <c>IfNotPresent</c>, <c>Always</c> or <c>Never</c>.</summary>
    public string PullPolicy { get; init; } = "IfNotPresent";

    /// <summary>Names of the Secrets with credentials of the node image's registry.</summary>
    public IReadOnlyList<string> PullSecrets { get; init; } = [];

    /// <summary>
    /// The Secret with the simulator's authority (<c>root.key</c>, <c>root.pem</c>): replicas run the simulator and are worth nothing. Null for Nitro
    /// enclaves.
    /// </summary>
    public string? SimulatorAuthority { get; init; }

    /// <summary>What the simulator shows, by the image's name: PCR0 to PCR3.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<int, byte[]>> Measurements { get; init; } = new Dictionary<string, IReadOnlyDictionary<int, byte[]>>();

    /// <summary>Nitro: the enclave image's path in the node's image, by the name that the service knows it under.</summary>
    public IReadOnlyDictionary<string, string> EnclaveImages { get; init; } = new Dictionary<string, string>();

    /// <summary>CPUs of an enclave whose deployment does not say.</summary>
    public int Cpus { get; init; } = 2;

    /// <summary>Memory of an enclave whose deployment does not say, in MiB.</summary>
    public int MemoryMib { get; init; } = 1024;

    /// <summary>Nitro: the size of the pages that the nodes' allocator reserves, <c>2Mi</c> or <c>1Gi</c>; an enclave's memory is asked for in whole ones.</summary>
    public string HugePages { get; init; } = "2Mi";

    /// <summary>Nitro: the ServiceAccount of the pods; they need none of the API's rights.</summary>
    public string? ServiceAccount { get; init; }

    /// <summary>Labels of the nodes that pods may run on.</summary>
    public IReadOnlyDictionary<string, string> NodeSelector { get; init; } = new Dictionary<string, string>();

    /// <summary>Labels of the control service's pods: from them alone a control port is reached.</summary>
    public IReadOnlyDictionary<string, string> ControlLabels { get; init; } = new Dictionary<string, string> { ["app.kubernetes.io/name"] = "qos-control" };

    /// <summary>Labels of the namespaces that may reach apps; empty for all.</summary>
    public IReadOnlyDictionary<string, string> IngressNamespaces { get; init; } = new Dictionary<string, string>();
}
