using Qos.Transport;

namespace Qos.Runtime;

/// <summary>How an enclave process runs.</summary>
public sealed record EnclaveRuntimeOptions
{
    /// <summary>Where it listens for the host.</summary>
    public required EnclaveAddress Address { get; init; }

    /// <summary>Where the pivot lives, or null for this process's own network.</summary>
    public NetworkIsolation? Network { get; init; }

    /// <summary>
    /// Where the manifest's name servers are written before the pivot starts, or null for nowhere: on a machine that others use as well the file is
    /// theirs, and the pivot sees what they wrote.
    /// </summary>
    public string? ResolverFile { get; init; }

    /// <summary>The app's local service, or null for none.</summary>
    public LocalServiceSetup? Service { get; init; }

    /// <summary>Where the names that the manifest's <c>client</c> bridges lead to are written before the pivot starts, or null for nowhere, for the same reason.</summary>
    public string? HostsFile { get; init; }

    /// <summary>How long the node still answers after its pivot has ended under <c>Never</c>. None by default; the reference's answers for three seconds.</summary>
    public TimeSpan Linger { get; init; }

    /// <summary>How the pivot is supervised; the network is filled in from <see cref="Network"/>.</summary>
    public PivotSupervisorOptions Pivot { get; init; } = new();
}
