using Qos.Nsm;

namespace Qos.Protocol;

/// <summary>What a node that took a reshare request shows of it. Format: docs/protocol/reshare.md, Messages.</summary>
/// <param name="NsmResponse">A document about the request while shares are missing, about the output afterwards; or NSM's error, when it gave none.</param>
/// <param name="Envelope">The request as the node took it.</param>
/// <param name="Received">Whose shares are in.</param>
/// <param name="Output">The output; null while shares are missing.</param>
public sealed record ReshareState(NsmResponse NsmResponse, ReshareEnvelope Envelope, IReadOnlyList<QuorumMember> Received, ReshareOutput? Output);
