namespace Qos.EndToEnd.Local;

/// <summary>What a local node is started with besides its addresses.</summary>
public sealed record NodeSetup
{
    /// <summary>Further arguments of qos-nsm-sim.</summary>
    public IReadOnlyList<string> Simulator { get; init; } = [];

    /// <summary>Further arguments of qos-enclave.</summary>
    public IReadOnlyList<string> Enclave { get; init; } = [];

    /// <summary>Further arguments of qos-host.</summary>
    public IReadOnlyList<string> Host { get; init; } = [];

    /// <summary>The simulator's authority, when nodes share one; null for one of the node's own.</summary>
    public string? PkiFolder { get; init; }

    /// <summary>Whether there is a host; without one a test talks to the enclave's socket, and starts sooner.</summary>
    public bool WithHost { get; init; } = true;

    /// <summary>What is put before qos-host's own command line.</summary>
    public IReadOnlyList<string> HostWrapper { get; init; } = [];

    /// <summary>What is put before qos-enclave's own command line.</summary>
    public IReadOnlyList<string> EnclaveWrapper { get; init; } = [];
}
