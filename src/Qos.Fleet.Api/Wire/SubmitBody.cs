using System.Text.Json;

namespace Qos.Fleet.Api;

/// <summary>The body of a submit.</summary>
public sealed record SubmitBody
{
    /// <summary><c>ACTIVITY_TYPE_…</c></summary>
    public required string Type { get; init; }

    /// <summary>Milliseconds since 1970, as text.</summary>
    public required string TimestampMs { get; init; }

    /// <summary>The organization.</summary>
    public required string OrganizationId { get; init; }

    /// <summary>What is asked for.</summary>
    public required JsonElement Parameters { get; init; }
}
