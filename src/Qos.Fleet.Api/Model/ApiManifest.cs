namespace Qos.Fleet.Api;

/// <summary>A manifest.</summary>
public sealed record ApiManifest
{
    /// <summary>The manifest.</summary>
    public required string Id { get; init; }

    /// <summary>Its JSON as it is hashed.</summary>
    public required byte[] Manifest { get; init; }

    /// <summary>When.</summary>
    public required ApiTimestamp CreatedAt { get; init; }

    /// <summary>When.</summary>
    public required ApiTimestamp UpdatedAt { get; init; }
}
