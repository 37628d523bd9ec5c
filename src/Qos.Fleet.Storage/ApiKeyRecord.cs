namespace Qos.Fleet.Storage;

/// <summary>A key that may use the API.</summary>
/// <param name="PublicKey">The compressed P-256 key, 66 lower-case hex digits.</param>
/// <param name="OrganizationId">The organization that it acts for.</param>
/// <param name="OrganizationName">That one's name.</param>
/// <param name="UserId">The user, a UUID.</param>
/// <param name="UserName">The user's name.</param>
/// <param name="CreatedAt">When it was made known.</param>
public sealed record ApiKeyRecord(string PublicKey, string OrganizationId, string OrganizationName, string UserId, string UserName, DateTimeOffset CreatedAt);
