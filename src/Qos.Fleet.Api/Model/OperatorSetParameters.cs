namespace Qos.Fleet.Api;

/// <summary>A new set of operators.</summary>
public sealed record OperatorSetParameters
{
    /// <summary>For people.</summary>
    public required string Name { get; init; }

    /// <summary>How many must act.</summary>
    public required uint Threshold { get; init; }

    /// <summary>Operators to make.</summary>
    public IReadOnlyList<OperatorParameters>? NewOperators { get; init; }

    /// <summary>Operators that are there.</summary>
    public IReadOnlyList<string>? ExistingOperatorIds { get; init; }
}
