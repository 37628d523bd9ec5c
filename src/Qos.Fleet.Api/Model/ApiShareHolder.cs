namespace Qos.Fleet.Api;

/// <summary>Who gave a share, or did not yet. Ours.</summary>
public sealed record ApiShareHolder
{
    /// <summary>The operator.</summary>
    public required string OperatorId { get; init; }

    /// <summary>The alias.</summary>
    public required string Name { get; init; }

    /// <summary><c>MISSING</c>, <c>POSTED</c>, <c>DELIVERED</c> or <c>REFUSED</c>.</summary>
    public required string State { get; init; }

    /// <summary>Why it was refused.</summary>
    public string? Message { get; init; }
}
