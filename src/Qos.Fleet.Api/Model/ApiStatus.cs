namespace Qos.Fleet.Api;

/// <summary>A failure, as gRPC has it.</summary>
public sealed record ApiStatus
{
    /// <summary>The gRPC code.</summary>
    public required int Code { get; init; }

    /// <summary>What was wrong, where, what to do.</summary>
    public required string Message { get; init; }

    /// <summary>Nothing.</summary>
    public IReadOnlyList<string> Details { get; set; } = [];
}
