using Qos.Protocol;

namespace Qos.Fleet;

/// <summary>Operators and how many of them must act: a manifest set or a share set.</summary>
/// <param name="Id">A UUID.</param>
/// <param name="OrganizationId">The organization that the set belongs to.</param>
/// <param name="Name">Its name, for people.</param>
/// <param name="Threshold">How many must act.</param>
/// <param name="Operators">The operators in the order of the manifest.</param>
/// <param name="CreatedAt">When it was made.</param>
public sealed record OperatorSet(
    string Id, string OrganizationId, string Name, uint Threshold, IReadOnlyList<FleetOperator> Operators, DateTimeOffset CreatedAt)
{
    /// <summary>As manifests have it.</summary>
    public MemberSet ToMemberSet() => new(Threshold, [.. Operators.Select(static op => op.ToMember())]);
}
