using Qos.Protocol;
using Qos.Serialization;

namespace Qos.Client;

/// <summary>
/// A quorum key on its way from one node to another, as a file: the seed encrypted to the new node's setup key, and the quorum key's
/// signature over that envelope. Format: docs/protocol/messages.md, Key forwarding.
/// </summary>
public static class ForwardedKeyFile
{
    private const int MaxEnvelopeBytes = 4096;
    private const int MaxSignatureBytes = 256;

    /// <summary>Reads the file, JSON with <c>encrypted_quorum_key</c> and <c>signature</c> in hex.</summary>
    /// <exception cref="CeremonyException">It cannot be read or is something else.</exception>
    public static ProtocolMessage.InjectKeyRequest Read(string path) => InputFile.Read(path, Parse, "a forwarded key");

    /// <summary>The file's bytes.</summary>
    public static byte[] Format(ProtocolMessage.ExportKeyResponse key)
    {
        ArgumentNullException.ThrowIfNull(key);
        using var writer = new QosJsonWriter(JsonForm.Plain);
        writer.BeginObject();
        writer.WritePropertyName("encrypted_quorum_key");
        writer.WriteHex(key.EncryptedQuorumKey.Span);
        writer.WritePropertyName("signature");
        writer.WriteHex(key.Signature.Span);
        writer.EndObject();
        return writer.ToArray();
    }

    private static ProtocolMessage.InjectKeyRequest Parse(byte[] bytes)
    {
        byte[]? envelope = null;
        byte[]? signature = null;
        var reader = new QosJsonReader(bytes);
        reader.BeginObject();
        while (reader.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("encrypted_quorum_key"u8))
                envelope = reader.ReadHex(MaxEnvelopeBytes);
            else if (name.SequenceEqual("signature"u8))
                signature = reader.ReadHex(MaxSignatureBytes);
            else
                throw reader.Error("a member that a forwarded key does not have");
        }

        reader.End();
        return envelope is not null && signature is not null
            ? new ProtocolMessage.InjectKeyRequest(envelope, signature)
            : throw new EncodingException("encrypted_quorum_key and signature must both be there", bytes.Length);
    }
}
