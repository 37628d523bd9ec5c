namespace Qos.Fleet.Api;

/// <summary>One replica, as the service knows it. Ours.</summary>
public sealed record ApiReplica
{
    /// <summary>The replica.</summary>
    public required string Id { get; init; }

    /// <summary>Its place, from 0.</summary>
    public required uint Slot { get; init; }

    /// <summary>Where it stands.</summary>
    public required string State { get; init; }

    /// <summary>How it gets its key.</summary>
    public required string Mode { get; init; }

    /// <summary>Whether its app is well.</summary>
    public required bool Healthy { get; init; }

    /// <summary>Its live key, from a verified document.</summary>
    public string? EphemeralKey { get; init; }

    /// <summary>What keeps it.</summary>
    public string? Message { get; init; }

    /// <summary>When.</summary>
    public required ApiTimestamp CreatedAt { get; init; }

    /// <summary>When.</summary>
    public required ApiTimestamp UpdatedAt { get; init; }
}
