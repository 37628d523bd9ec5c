namespace Qos.Fleet.Runners;

/// <summary>How replicas run as local processes with a simulated security module. Worth nothing but for trying things out.</summary>
public sealed record LocalRunnerOptions
{
    /// <summary>Where the replicas' folders are.</summary>
    public required string Folder { get; init; }

    /// <summary>The name of the place that this is; the machine's id and the folder when null.</summary>
    public string? Place { get; init; }

    /// <summary>Where <c>qos-enclave</c>, <c>qos-host</c> and <c>qos-nsm-sim</c> are.</summary>
    public required string Programs { get; init; }

    /// <summary>The simulator's authority, which all replicas share.</summary>
    public required string PkiFolder { get; init; }

    /// <summary>What the simulator shows, by the image's name: a file of measurements as measuring an image makes it, and the role that makes PCR3.</summary>
    public required IReadOnlyDictionary<string, (string Pcrs, string? RoleArn)> Measurements { get; init; }

    /// <summary>Ports for hosts and apps.</summary>
    public PortRange Ports { get; init; } = new(20000, 29999);
}
