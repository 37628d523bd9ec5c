namespace Qos.Fleet.Runners;

/// <summary>How replicas run as Nitro enclaves of this machine, which is their parent instance.</summary>
public sealed record NitroRunnerOptions
{
    /// <summary>Where the replicas' folders are.</summary>
    public required string Folder { get; init; }

    /// <summary>The name of the place that this is; the machine's id and the folder when null.</summary>
    public string? Place { get; init; }

    /// <summary>Where <c>qos-host</c> is.</summary>
    public required string Programs { get; init; }

    /// <summary><c>nitro-cli</c>.</summary>
    public string NitroCli { get; init; } = "nitro-cli";

    /// <summary>The images by the names that the service knows them under.</summary>
    public required IReadOnlyDictionary<string, string> Images { get; init; }

    /// <summary>CPUs of an enclave whose deployment does not say.</summary>
    public int Cpus { get; init; } = 2;

    /// <summary>Memory of an enclave whose deployment does not say, in MiB.</summary>
    public int MemoryMib { get; init; } = 1024;

    /// <summary>Ports for hosts and apps.</summary>
    public PortRange Ports { get; init; } = new(20000, 29999);
}
