using Qos.Protocol;

namespace Qos.Fleet;

/// <summary>An operator's approval of a manifest; its signature was checked before it was kept.</summary>
/// <param name="Id">A UUID.</param>
/// <param name="ManifestId">The manifest.</param>
/// <param name="Operator">Who approved.</param>
/// <param name="Signature">r and s over the manifest's hash, 64 bytes.</param>
/// <param name="CreatedAt">When it came.</param>
public sealed record StoredApproval(string Id, string ManifestId, FleetOperator Operator, ReadOnlyMemory<byte> Signature, DateTimeOffset CreatedAt)
{
    /// <summary>As envelopes have it.</summary>
    public Approval ToApproval() => new(Signature, Operator.ToMember());
}
