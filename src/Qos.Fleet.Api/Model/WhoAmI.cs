namespace Qos.Fleet.Api;

/// <summary>Whose key a stamp is.</summary>
public sealed record WhoAmI
{
    /// <summary>The organization.</summary>
    public required string OrganizationId { get; init; }

    /// <summary>Its name.</summary>
    public required string OrganizationName { get; init; }

    /// <summary>The user.</summary>
    public required string UserId { get; init; }

    /// <summary>The user's name.</summary>
    public required string Username { get; init; }
}
