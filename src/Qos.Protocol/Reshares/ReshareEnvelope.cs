namespace Qos.Protocol;

/// <summary>A reshare request with its approvals. Format: docs/protocol/reshare.md, Request.</summary>
/// <param name="Request">The request.</param>
/// <param name="Approvals">By members of the set that holds shares now.</param>
public sealed record ReshareEnvelope(ReshareRequest Request, IReadOnlyList<Approval> Approvals);
