namespace Qos.Fleet;

/// <summary>An app: a name, a quorum key and the two sets. Its deployments come and go.</summary>
public sealed record FleetApp
{
    /// <summary>A UUID, part of the namespace of its manifests.</summary>
    public required string Id { get; init; }

    /// <summary>The organization that it belongs to.</summary>
    public required string OrganizationId { get; init; }

    /// <summary>Its name, for people.</summary>
    public required string Name { get; init; }

    /// <summary>The quorum key, 260 hex digits.</summary>
    public required string QuorumPublicKey { get; init; }

    /// <summary>Who approves.</summary>
    public required OperatorSet ManifestSet { get; init; }

    /// <summary>Who holds shares.</summary>
    public required OperatorSet ShareSet { get; init; }

    /// <summary>Whether its deployments may reach the network.</summary>
    public bool EnableEgress { get; init; }

    /// <summary>Whether its deployments may run in debug mode, from the beginning and for ever.</summary>
    public bool AllowsDebugMode { get; init; }

    /// <summary>The deployment that gets the traffic; null while none does.</summary>
    public string? LiveDeploymentId { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it last changed.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Whether it was deleted, with all its deployments.</summary>
    public bool IsDeleted { get; init; }

    /// <summary>The namespace of its manifests.</summary>
    public string Namespace => $"prod/tvc/{Id}";
}
