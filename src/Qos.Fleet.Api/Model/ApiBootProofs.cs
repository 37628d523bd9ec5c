namespace Qos.Fleet.Api;

/// <summary>Boot proofs of an app, the newest first. Ours.</summary>
public sealed record ApiBootProofs
{
    /// <summary>The proofs.</summary>
    public required IReadOnlyList<ApiBootProof> BootProofs { get; init; }

    /// <summary>What to give as <c>before</c> for the next ones; left out at the end.</summary>
    public string? Next { get; init; }
}
