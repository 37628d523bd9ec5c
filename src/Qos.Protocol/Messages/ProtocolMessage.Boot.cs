using Qos.Nsm;

namespace Qos.Protocol;

public abstract partial record ProtocolMessage
{
    /// <summary>3: boots a node that then waits for shares.</summary>
    /// <param name="ManifestEnvelope">The approved manifest.</param>
    /// <param name="Pivot">The binary; empty where it was staged while it arrived.</param>
    public sealed record BootStandardRequest(ManifestEnvelope ManifestEnvelope, ReadOnlyMemory<byte> Pivot) : ProtocolMessage;

    /// <summary>4: booted.</summary>
    /// <param name="NsmResponse">The attestation of the setup key.</param>
    public sealed record BootStandardResponse(NsmResponse NsmResponse) : ProtocolMessage;

    /// <summary>5: makes a quorum key. JSON only.</summary>
    /// <param name="Set">Who gets shares.</param>
    /// <param name="DrKey">A disaster-recovery public key, or null.</param>
    public sealed record BootGenesisRequest(GenesisSet Set, ReadOnlyMemory<byte>? DrKey) : ProtocolMessage;

    /// <summary>6: the quorum key was made. JSON only.</summary>
    /// <param name="NsmResponse">The attestation of the output.</param>
    /// <param name="GenesisOutput">The output.</param>
    public sealed record BootGenesisResponse(NsmResponse NsmResponse, GenesisOutput GenesisOutput) : ProtocolMessage;

    /// <summary>13: boots a node that then waits for another node's key.</summary>
    /// <param name="ManifestEnvelope">The approved manifest.</param>
    /// <param name="Pivot">The binary; empty where it was staged while it arrived.</param>
    public sealed record BootKeyForwardRequest(ManifestEnvelope ManifestEnvelope, ReadOnlyMemory<byte> Pivot) : ProtocolMessage;

    /// <summary>14: booted.</summary>
    /// <param name="NsmResponse">The attestation of the setup key.</param>
    public sealed record BootKeyForwardResponse(NsmResponse NsmResponse) : ProtocolMessage;

    /// <summary>15: asks a provisioned node for its key.</summary>
    /// <param name="ManifestEnvelope">The manifest of the node that asks.</param>
    /// <param name="CoseSign1AttestationDoc">That node's attestation document with its setup key.</param>
    public sealed record ExportKeyRequest(ManifestEnvelope ManifestEnvelope, ReadOnlyMemory<byte> CoseSign1AttestationDoc)
        : ProtocolMessage;

    /// <summary>16: the key.</summary>
    /// <param name="EncryptedQuorumKey">The seed, encrypted to the document's key.</param>
    /// <param name="Signature">By the quorum key over the envelope.</param>
    public sealed record ExportKeyResponse(ReadOnlyMemory<byte> EncryptedQuorumKey, ReadOnlyMemory<byte> Signature)
        : ProtocolMessage;

    /// <summary>17: hands a node the key.</summary>
    /// <param name="EncryptedQuorumKey">The seed, encrypted to the node's setup key.</param>
    /// <param name="Signature">By the quorum key over the envelope.</param>
    public sealed record InjectKeyRequest(ReadOnlyMemory<byte> EncryptedQuorumKey, ReadOnlyMemory<byte> Signature)
        : ProtocolMessage;

    /// <summary>18: the key was taken.</summary>
    public sealed record InjectKeyResponse : ProtocolMessage;

    /// <summary>23, Borsh only: a standard boot whose envelope is JSON in its stored form and whose pivot is raw.</summary>
    /// <param name="ManifestEnvelope">The approved manifest of any version.</param>
    /// <param name="Pivot">The binary; empty where it was staged while it arrived.</param>
    public sealed record BootStandardJsonEnvelopeRequest(ManifestEnvelope ManifestEnvelope, ReadOnlyMemory<byte> Pivot)
        : ProtocolMessage;
}
