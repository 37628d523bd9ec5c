namespace Qos.Fleet.Api;

/// <summary>An operator.</summary>
public sealed record ApiOperator
{
    /// <summary>The operator.</summary>
    public required string Id { get; init; }

    /// <summary>The alias in manifests.</summary>
    public required string Name { get; init; }

    /// <summary>260 hex digits.</summary>
    public required string PublicKey { get; init; }

    /// <summary>Its first half.</summary>
    public required string EncryptPublicKey { get; init; }

    /// <summary>Its second half.</summary>
    public required string SignPublicKey { get; init; }

    /// <summary><c>EXTERNAL_KEY</c>.</summary>
    public string? KeySource { get; init; }

    /// <summary>When.</summary>
    public required ApiTimestamp CreatedAt { get; init; }

    /// <summary>When.</summary>
    public required ApiTimestamp UpdatedAt { get; init; }
}
