namespace Qos.Fleet.Api;

/// <summary>An operator's approval of a manifest.</summary>
public sealed record ApiManifestApproval
{
    /// <summary>The approval.</summary>
    public required string Id { get; init; }

    /// <summary>The manifest.</summary>
    public required string ManifestId { get; init; }

    /// <summary>Who.</summary>
    public required ApiOperator Operator { get; init; }

    /// <summary>The operator's signature over the manifest's hash: r and s, 64 bytes, as the public definition and <c>tvc</c> 0.14 have it.</summary>
    public required byte[] Approval { get; init; }

    /// <summary>When.</summary>
    public required ApiTimestamp CreatedAt { get; init; }

    /// <summary>When.</summary>
    public required ApiTimestamp UpdatedAt { get; init; }
}
