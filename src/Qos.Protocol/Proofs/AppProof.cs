using Qos.Serialization;

namespace Qos.Protocol;

/// <summary>What an application signed with its enclave's live ephemeral key. Only a verifier can tell whether it is true. Format: docs/protocol/proofs.md.</summary>
/// <param name="Scheme">The signature scheme's name.</param>
/// <param name="PublicKeyHex">The ephemeral public key in hex, as it was given.</param>
/// <param name="Payload">The signed text; the signature is over SHA-256 of its UTF-8 bytes.</param>
/// <param name="SignatureHex">r || s in hex, as it was given.</param>
public sealed record AppProof(string Scheme, string PublicKeyHex, string Payload, string SignatureHex)
{
    /// <summary>The only scheme there is.</summary>
    public const string EphemeralKeyScheme = "SIGNATURE_SCHEME_EPHEMERAL_KEY_P256";

    /// <summary>The proof as canonical JSON, UTF-8: proofPayload, publicKey, scheme, signature, all of them strings.</summary>
    public byte[] ToJson()
    {
        using var writer = new QosJsonWriter(JsonForm.Canonical);
        writer.BeginObject();
        writer.WritePropertyName("proofPayload"u8);
        writer.WriteString(Payload);
        writer.WritePropertyName("publicKey"u8);
        writer.WriteString(PublicKeyHex);
        writer.WritePropertyName("scheme"u8);
        writer.WriteString(Scheme);
        writer.WritePropertyName("signature"u8);
        writer.WriteString(SignatureHex);
        writer.EndObject();
        return writer.ToArray();
    }
}
