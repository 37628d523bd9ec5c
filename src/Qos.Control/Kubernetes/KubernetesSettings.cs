namespace Qos.Control;

/// <summary>How replicas run in a Kubernetes cluster.</summary>
internal sealed record KubernetesSettings
{
    public const string DefaultFleet = "qos";

    /// <summary>The fleet's name: a label of all its objects, and its Lease; <c>qos</c> when left out.</summary>
    public string? Fleet { get; init; }

    /// <summary>The namespace; the service's own when left out.</summary>
    public string? Namespace { get; init; }

    /// <summary>The container image with <c>qos-host</c>, and with the simulator or with <c>nitro-cli</c> and the enclave images.</summary>
    public required string NodeImage { get; init; }

    /// <summary>When it is pulled.</summary>
    public string? PullPolicy { get; init; }

    /// <summary>Secrets with credentials of its registry.</summary>
    public IReadOnlyList<string>? PullSecrets { get; init; }

    /// <summary>The Secret with the simulator's authority: replicas are then worth nothing. Left out for Nitro enclaves.</summary>
    public string? SimulatorAuthority { get; init; }

    /// <summary>For Nitro enclaves: the pages that the nodes' allocator reserves, <c>2Mi</c> (when left out) or <c>1Gi</c>.</summary>
    public string? HugePages { get; init; }

    /// <summary>The pods' ServiceAccount.</summary>
    public string? ServiceAccount { get; init; }

    /// <summary>Labels of the nodes that pods may run on.</summary>
    public IReadOnlyDictionary<string, string>? NodeSelector { get; init; }

    /// <summary>Labels of the namespaces that may reach apps; all when left out.</summary>
    public IReadOnlyDictionary<string, string>? IngressNamespaces { get; init; }
}
