namespace Qos.Fleet.Runners;

/// <summary>How replicas run as virtual machines in QEMU, with modules that a simulator's authority signs for. Worth nothing but for trying images out.</summary>
public sealed record MachineRunnerOptions
{
    /// <summary>Where the replicas' folders are.</summary>
    public required string Folder { get; init; }

    /// <summary>The name of the place that this is; the machine's id and the folder when null.</summary>
    public string? Place { get; init; }

    /// <summary>Where <c>qos-host</c> is.</summary>
    public required string Programs { get; init; }

    /// <summary>The script that runs an image, <c>eif/qemu/run</c>.</summary>
    public required string Script { get; init; }

    /// <summary>The simulator's authority.</summary>
    public required string PkiFolder { get; init; }

    /// <summary>The images by the names that the service knows them under, and the role that makes PCR3.</summary>
    public required IReadOnlyDictionary<string, (string Eif, string? RoleArn)> Images { get; init; }

    /// <summary>Ports for hosts and apps.</summary>
    public PortRange Ports { get; init; } = new(20000, 29999);
}
