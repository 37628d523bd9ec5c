using Qos.Protocol;

namespace Qos.Fleet;

/// <summary>A person with a key: a member of manifest sets or share sets.</summary>
/// <param name="Id">A UUID.</param>
/// <param name="OrganizationId">The organization that the operator belongs to.</param>
/// <param name="Name">The alias in manifests.</param>
/// <param name="PublicKey">260 lower-case hex digits.</param>
/// <param name="CreatedAt">When it was made known.</param>
public sealed record FleetOperator(string Id, string OrganizationId, string Name, string PublicKey, DateTimeOffset CreatedAt)
{
    /// <summary>As manifests have it.</summary>
    public QuorumMember ToMember() => new(Name, Convert.FromHexString(PublicKey));
}
