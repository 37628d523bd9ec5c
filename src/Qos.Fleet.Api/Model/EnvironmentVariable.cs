namespace Qos.Fleet.Api;

/// <summary>One variable of an app's environment. Ours.</summary>
public sealed record EnvironmentVariable
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its value, which everybody can read in the manifest.</summary>
    public required string Value { get; init; }
}
