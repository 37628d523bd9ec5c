using Qos.Nsm;

namespace Qos.Protocol;

/// <summary>
/// A message of the control protocol: requests and answers in one enumeration, named and ordered as the specification has
/// them. Format: docs/protocol/messages.md, Messages.
/// </summary>
public abstract partial record ProtocolMessage
{
    private ProtocolMessage()
    {
    }

    /// <summary>0: a request was refused.</summary>
    /// <param name="Error">Why.</param>
    public sealed record ProtocolErrorResponse(ProtocolError Error) : ProtocolMessage;

    /// <summary>1: asks for the phase.</summary>
    public sealed record StatusRequest : ProtocolMessage;

    /// <summary>2: the phase.</summary>
    /// <param name="Phase">The node's phase.</param>
    public sealed record StatusResponse(ProtocolPhase Phase) : ProtocolMessage;

    /// <summary>7: a member's share.</summary>
    /// <param name="Share">The share, encrypted to the node's setup key.</param>
    /// <param name="Approval">The member's approval of the manifest.</param>
    public sealed record ProvisionRequest(ReadOnlyMemory<byte> Share, Approval Approval) : ProtocolMessage;

    /// <summary>8: a share was taken.</summary>
    /// <param name="Reconstructed">Whether the quorum key is there now.</param>
    public sealed record ProvisionResponse(bool Reconstructed) : ProtocolMessage;

    /// <summary>9: legacy; no route takes it.</summary>
    /// <param name="Data">For the app.</param>
    public sealed record ProxyRequest(ReadOnlyMemory<byte> Data) : ProtocolMessage;

    /// <summary>10: legacy.</summary>
    /// <param name="Data">From the app.</param>
    public sealed record ProxyResponse(ReadOnlyMemory<byte> Data) : ProtocolMessage;

    /// <summary>11: asks for an attestation document.</summary>
    public sealed record LiveAttestationDocRequest : ProtocolMessage;

    /// <summary>12: an attestation document.</summary>
    /// <param name="NsmResponse">NSM's answer; an attestation when all is well.</param>
    /// <param name="ManifestEnvelope">What the node was booted with, or null.</param>
    public sealed record LiveAttestationDocResponse(NsmResponse NsmResponse, ManifestEnvelope? ManifestEnvelope)
        : ProtocolMessage;

    /// <summary>19: asks for the manifest envelope.</summary>
    public sealed record ManifestEnvelopeRequest : ProtocolMessage;

    /// <summary>20: the manifest envelope.</summary>
    /// <param name="ManifestEnvelope">What the node was booted with, or null before that.</param>
    public sealed record ManifestEnvelopeResponse(ManifestEnvelope? ManifestEnvelope) : ProtocolMessage;

    /// <summary>21: asks for the version.</summary>
    public sealed record VersionRequest : ProtocolMessage;

    /// <summary>22: the version.</summary>
    /// <param name="Version">The software's version.</param>
    /// <param name="Commit">The commit it was built from.</param>
    public sealed record VersionResponse(string Version, string Commit) : ProtocolMessage;

    /// <summary>
    /// Ours, JSON only: asks for a document of the module before a boot, to see what it is and whose root it leads to. The answer is
    /// <see cref="LiveAttestationDocResponse"/>, whose document holds neither user data nor a key, for there is none yet.
    /// </summary>
    public sealed record ModuleDocumentRequest : ProtocolMessage;

    /// <summary>Ours, JSON only: asks for phase, missing shares and the pivot's state; allowed in every phase.</summary>
    public sealed record NodeStatusRequest : ProtocolMessage;

    /// <summary>Ours, JSON only: what an operator wants to know of a node.</summary>
    /// <param name="Status">The status.</param>
    public sealed record NodeStatusResponse(NodeStatus Status) : ProtocolMessage;
}
