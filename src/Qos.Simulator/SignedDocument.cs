using System.Formats.Cbor;
using System.Security.Cryptography;
using Qos.Nsm;

namespace Qos.Simulator;

/// <summary>Writes attestation documents. Format: docs/protocol/nsm.md, Attestation document.</summary>
internal static class SignedDocument
{
    // {1: -35}, the header that says ES384.
    private static readonly byte[] s_protected = [0xA1, 0x01, 0x38, 0x22];

    public static byte[] Create(
        SimulatorChain chain,
        string moduleId,
        DateTimeOffset time,
        IEnumerable<(int Index, byte[] Value)> pcrs,
        NsmRequest.Attestation fields)
    {
        byte[] payload = Payload(chain, moduleId, time, [.. pcrs], fields);
        byte[] signature = chain.LeafKey.SignData(SigStructure.Encode(s_protected, payload), HashAlgorithmName.SHA384);

        var writer = new CborWriter(CborConformanceMode.Strict);
        writer.WriteStartArray(4);
        writer.WriteByteString(s_protected);
        writer.WriteStartMap(0);
        writer.WriteEndMap();
        writer.WriteByteString(payload);
        writer.WriteByteString(signature);
        writer.WriteEndArray();
        return writer.Encode();
    }

    private static byte[] Payload(
        SimulatorChain chain, string moduleId, DateTimeOffset time, (int Index, byte[] Value)[] pcrs, NsmRequest.Attestation fields)
    {
        var writer = new CborWriter(CborConformanceMode.Strict);
        writer.WriteStartMap(null); // of indefinite length, as the device writes it
        writer.WriteTextString("module_id");
        writer.WriteTextString(moduleId);
        writer.WriteTextString("digest");
        writer.WriteTextString("SHA384");
        writer.WriteTextString("timestamp");
        writer.WriteInt64(time.ToUnixTimeMilliseconds());
        writer.WriteTextString("pcrs");
        writer.WriteStartMap(pcrs.Length);
        foreach ((int index, byte[] value) in pcrs)
        {
            writer.WriteInt32(index);
            writer.WriteByteString(value);
        }

        writer.WriteEndMap();
        writer.WriteTextString("certificate");
        writer.WriteByteString(chain.Leaf);
        writer.WriteTextString("cabundle");
        writer.WriteStartArray(chain.CaBundle.Count);
        foreach (byte[] certificate in chain.CaBundle)
            writer.WriteByteString(certificate);
        writer.WriteEndArray();
        WriteOptional(writer, "public_key", fields.PublicKey);
        WriteOptional(writer, "user_data", fields.UserData);
        WriteOptional(writer, "nonce", fields.Nonce);
        writer.WriteEndMap();
        return writer.Encode();
    }

    private static void WriteOptional(CborWriter writer, string name, ReadOnlyMemory<byte>? value)
    {
        writer.WriteTextString(name);
        if (value is { } bytes)
            writer.WriteByteString(bytes.Span);
        else
            writer.WriteNull();
    }
}
