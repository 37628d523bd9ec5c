namespace Qos.Protocol;

public abstract partial record ProtocolMessage
{
    /// <summary>Ours, JSON only: has a node that waits for its boot instruction take a reshare request, once and for all.</summary>
    /// <param name="Envelope">The request and its approvals.</param>
    public sealed record ReshareBootRequest(ReshareEnvelope Envelope) : ProtocolMessage;

    /// <summary>Ours, JSON only: a share of an old member.</summary>
    /// <param name="Share">The share, encrypted to the node's setup key.</param>
    /// <param name="Approval">The member's signature over the request, the setup key and this share.</param>
    public sealed record ReshareShareRequest(ReadOnlyMemory<byte> Share, Approval Approval) : ProtocolMessage;

    /// <summary>Ours, JSON only: asks how far a reshare is, for a fresh document, and for the output once it is there.</summary>
    public sealed record ReshareStateRequest : ProtocolMessage;

    /// <summary>Ours, JSON only: the answer to all three.</summary>
    /// <param name="State">The state.</param>
    public sealed record ReshareStateResponse(ReshareState State) : ProtocolMessage;
}
