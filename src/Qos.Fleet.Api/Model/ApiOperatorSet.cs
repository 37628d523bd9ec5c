namespace Qos.Fleet.Api;

/// <summary>A set of operators.</summary>
public sealed record ApiOperatorSet
{
    /// <summary>The set.</summary>
    public required string Id { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The organization.</summary>
    public required string OrganizationId { get; init; }

    /// <summary>Its operators.</summary>
    public required IReadOnlyList<ApiOperator> Operators { get; init; }

    /// <summary>How many must act.</summary>
    public required uint Threshold { get; init; }

    /// <summary>When.</summary>
    public required ApiTimestamp CreatedAt { get; init; }

    /// <summary>When.</summary>
    public required ApiTimestamp UpdatedAt { get; init; }
}
