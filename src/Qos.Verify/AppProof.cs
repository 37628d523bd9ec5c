using Qos.Serialization;

namespace Qos.Verify;

/// <summary>What an application signed with its enclave's live ephemeral key; nothing in it is verified yet. Specification: proofs, App proof.</summary>
/// <param name="Scheme">The signature scheme's name.</param>
/// <param name="PublicKeyHex">The ephemeral public key in hex, as it was given.</param>
/// <param name="Payload">The signed text.</param>
/// <param name="SignatureHex">r || s in hex, as it was given.</param>
public sealed record AppProof(string Scheme, string PublicKeyHex, string Payload, string SignatureHex)
{
    /// <summary>The only scheme there is.</summary>
    public const string EphemeralKeyScheme = "SIGNATURE_SCHEME_EPHEMERAL_KEY_P256";

    /// <summary>The longest payload that is read, in bytes of UTF-8.</summary>
    public const int MaxPayloadBytes = 4 * 1024 * 1024;

    private const int MaxShort = 1024;

    /// <summary>Reads an app proof's JSON; members that are not known are passed over.</summary>
    /// <exception cref="EncodingException">It is not one.</exception>
    public static AppProof Parse(ReadOnlySpan<byte> json)
    {
        var reader = new QosJsonReader(json);
        AppProof proof = Read(ref reader);
        reader.End();
        return proof;
    }

    internal static AppProof Read(ref QosJsonReader reader)
    {
        string? scheme = null, key = null, payload = null, signature = null;
        reader.BeginObject();
        while (reader.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("scheme"u8))
                scheme = reader.ReadString(MaxShort);
            else if (name.SequenceEqual("publicKey"u8))
                key = reader.ReadString(MaxShort);
            else if (name.SequenceEqual("proofPayload"u8))
                payload = reader.ReadString(MaxPayloadBytes);
            else if (name.SequenceEqual("signature"u8))
                signature = reader.ReadString(MaxShort);
            else
                reader.Skip();
        }

        return new(
            scheme ?? throw reader.Error("the app proof has no scheme"),
            key ?? throw reader.Error("the app proof has no publicKey"),
            payload ?? throw reader.Error("the app proof has no proofPayload"),
            signature ?? throw reader.Error("the app proof has no signature"));
    }
}
