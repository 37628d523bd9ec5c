namespace Qos.Fleet.Api;

/// <summary>A line.</summary>
public sealed record ApiLogContent
{
    /// <summary>What was written.</summary>
    public required string Content { get; init; }

    /// <summary>When.</summary>
    public ApiTimestamp? Ts { get; init; }
}
