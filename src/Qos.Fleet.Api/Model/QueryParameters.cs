namespace Qos.Fleet.Api;

/// <summary>The members of all queries; each takes those it needs.</summary>
public sealed record QueryParameters
{
    /// <summary>The organization.</summary>
    public string? OrganizationId { get; init; }

    /// <summary>An app.</summary>
    public string? TvcAppId { get; init; }

    /// <summary>An app.</summary>
    public string? AppId { get; init; }

    /// <summary>An app's id, as the proofs' queries call it.</summary>
    public string? AppName { get; init; }

    /// <summary>A deployment.</summary>
    public string? DeploymentId { get; init; }

    /// <summary>An activity.</summary>
    public string? ActivityId { get; init; }

    /// <summary>An ephemeral key, hex.</summary>
    public string? EphemeralKey { get; init; }

    /// <summary>The last so many lines.</summary>
    public int? TailLines { get; init; }

    /// <summary>Only lines that are not older.</summary>
    public long? SinceSeconds { get; init; }

    /// <summary>A container image.</summary>
    public string? PivotContainerImageUrl { get; init; }

    /// <summary>Its registry's credentials, encrypted.</summary>
    public string? PivotContainerEncryptedPullSecret { get; init; }

    /// <summary>Which part of a list.</summary>
    public Pagination? PaginationOptions { get; init; }

    /// <summary>Only activities of these statuses.</summary>
    public IReadOnlyList<string>? FilterByStatus { get; init; }

    /// <summary>Only activities of these types.</summary>
    public IReadOnlyList<string>? FilterByType { get; init; }

    /// <summary>When it was asked, where that matters.</summary>
    public string? TimestampMs { get; init; }
}
