namespace Qos.Fleet.Api;

/// <summary>A new operator.</summary>
public sealed record OperatorParameters
{
    /// <summary>The alias in manifests.</summary>
    public required string Name { get; init; }

    /// <summary>260 hex digits.</summary>
    public required string PublicKey { get; init; }
}
