using Qos.Keys;
using Qos.Serialization;

namespace Qos.App;

/// <summary>
/// What an app says, signed with the live ephemeral key: it comes from this enclave, running this binary. Specification: proofs, App proof.
/// </summary>
/// <param name="PublicKey">The live ephemeral key's public half.</param>
/// <param name="ProofPayload">The JSON text that was signed, exactly.</param>
/// <param name="Signature">64 bytes, r || s over SHA-256 of the payload's UTF-8 bytes.</param>
public sealed record AppProof(PublicKey PublicKey, string ProofPayload, ReadOnlyMemory<byte> Signature)
{
    /// <summary>The one scheme that there is.</summary>
    public const string Scheme = "SIGNATURE_SCHEME_EPHEMERAL_KEY_P256";

    /// <summary>The proof as canonical JSON, UTF-8: scheme, publicKey and signature in hex, proofPayload as a string.</summary>
    public byte[] ToJson()
    {
        using QosJsonWriter writer = new(JsonForm.Canonical);
        writer.BeginObject();
        writer.Name("proofPayload"u8);
        writer.String(ProofPayload);
        writer.Name("publicKey"u8);
        writer.Hex(PublicKey.Bytes);
        writer.Name("scheme"u8);
        writer.String(Scheme);
        writer.Name("signature"u8);
        writer.Hex(Signature.Span);
        writer.EndObject();
        return writer.ToArray();
    }
}
