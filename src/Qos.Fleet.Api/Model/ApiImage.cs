namespace Qos.Fleet.Api;

/// <summary>An enclave image that may be booted. Ours.</summary>
public sealed record ApiImage
{
    /// <summary>Its name.</summary>
    public required string Version { get; init; }

    /// <summary><c>PCR0</c> to <c>PCR3</c>, hex.</summary>
    public required IReadOnlyDictionary<string, string> Pcrs { get; init; }

    /// <summary>What it was built from.</summary>
    public required string QosCommit { get; init; }
}
