namespace Qos.Fleet.Api;

/// <summary>A file with a key for the API, as <c>qos-control init</c> writes it.</summary>
/// <param name="OrganizationId">The organization.</param>
/// <param name="PublicKey">The compressed P-256 key, 66 hex digits.</param>
/// <param name="PrivateKey">Its scalar, 64 hex digits: a secret.</param>
public sealed record ApiKeyBody(string OrganizationId, string PublicKey, string PrivateKey);
