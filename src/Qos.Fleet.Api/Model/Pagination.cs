namespace Qos.Fleet.Api;

/// <summary>Which part of a list.</summary>
public sealed record Pagination
{
    /// <summary>From 1 to 100; 10 when left out.</summary>
    public string? Limit { get; init; }

    /// <summary>Only what is older than this one.</summary>
    public string? Before { get; init; }

    /// <summary>Only what is newer than this one.</summary>
    public string? After { get; init; }
}
