namespace Qos.Fleet.Api;

/// <summary>An app.</summary>
public sealed record ApiApp
{
    /// <summary>The app.</summary>
    public required string Id { get; init; }

    /// <summary>The organization.</summary>
    public required string OrganizationId { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>260 hex digits.</summary>
    public required string QuorumPublicKey { get; init; }

    /// <summary>Who approves.</summary>
    public required ApiOperatorSet ManifestSet { get; init; }

    /// <summary>Who holds shares.</summary>
    public required ApiOperatorSet ShareSet { get; init; }

    /// <summary>Whether it may reach the network.</summary>
    public required bool EnableEgress { get; init; }

    /// <summary>When.</summary>
    public required ApiTimestamp CreatedAt { get; init; }

    /// <summary>When.</summary>
    public required ApiTimestamp UpdatedAt { get; init; }

    /// <summary>What gets the traffic.</summary>
    public string? LiveDeploymentId { get; init; }

    /// <summary>The host name of its ingress.</summary>
    public required string PublicDomain { get; init; }

    /// <summary>Whether debug mode is possible.</summary>
    public required bool EnableDebugModeDeployments { get; init; }
}
