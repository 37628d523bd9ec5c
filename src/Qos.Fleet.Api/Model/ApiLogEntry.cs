namespace Qos.Fleet.Api;

/// <summary>A line and who wrote it.</summary>
public sealed record ApiLogEntry
{
    /// <summary>The line.</summary>
    public required ApiLogContent Line { get; init; }

    /// <summary><c>replica 2/3</c>.</summary>
    public required string ReplicaLabel { get; init; }
}
