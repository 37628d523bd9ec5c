namespace Qos.Fleet.Api;

/// <summary>What was made.</summary>
public sealed record CreateAppResult
{
    /// <summary>The app.</summary>
    public required string AppId { get; init; }

    /// <summary>Its manifest set.</summary>
    public required string ManifestSetId { get; init; }

    /// <summary>The set's operators.</summary>
    public required IReadOnlyList<string> ManifestSetOperatorIds { get; init; }

    /// <summary>The set's threshold.</summary>
    public required uint ManifestSetThreshold { get; init; }

    /// <summary>Its share set.</summary>
    public required string ShareSetId { get; init; }

    /// <summary>The set's operators.</summary>
    public required IReadOnlyList<string> ShareSetOperatorIds { get; init; }

    /// <summary>The set's threshold.</summary>
    public required uint ShareSetThreshold { get; init; }
}
