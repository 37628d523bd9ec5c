using System.Formats.Cbor;
using System.Security.Cryptography;
using System.Security.Cryptography.Cose;

namespace Qos.Eif;

/// <summary>A COSE_Sign1 over a register's value. Format: docs/protocol/eif.md, Measurements.</summary>
/// <param name="Protected">The protected header, as it is signed.</param>
/// <param name="Algorithm">The algorithm that it names.</param>
/// <param name="Payload">The payload, as it is signed.</param>
/// <param name="Signature">r and s.</param>
internal sealed record CoseSign1(byte[] Protected, int Algorithm, byte[] Payload, byte[] Signature)
{
    public const int Es256 = -7;
    public const int Es384 = -35;
    public const int Es512 = -36;

    private const int AlgorithmLabel = 1;
    private const ulong Tag = 18;
    private const byte EncodedTag = 0xd2;

    /// <summary>Signs with ES384. Existing tools write and read the message without its tag.</summary>
    public static byte[] Sign(byte[] payload, ECDsa key)
    {
        byte[] message = CoseSign1Message.SignEmbedded(payload, new CoseSigner(key, HashAlgorithmName.SHA384));
        return message[0] == EncodedTag ? message[1..] : message;
    }

    /// <summary>Whether the key, which is on the algorithm's curve, made the signature.</summary>
    public bool IsSignedBy(ECDsa key) => CoseMessage.DecodeSign1(Encode()).VerifyEmbedded(key);

    /// <summary>The same with byte strings only: some tools write arrays of integers.</summary>
    private byte[] Encode()
    {
        var writer = new CborWriter(CborConformanceMode.Canonical);
        writer.WriteStartArray(4);
        writer.WriteByteString(Protected);
        writer.WriteStartMap(0);
        writer.WriteEndMap();
        writer.WriteByteString(Payload);
        writer.WriteByteString(Signature);
        writer.WriteEndArray();
        return writer.Encode();
    }

    /// <summary>Reads one, with or without its tag.</summary>
    public static CoseSign1 Parse(byte[] cbor)
    {
        CborReader reader = CborBytes.Open(cbor);
        if (reader.PeekState() == CborReaderState.Tag && (ulong)reader.ReadTag() != Tag)
            throw new CborContentException("the COSE structure is not a COSE_Sign1");
        reader.ReadStartArray();
        byte[] header = CborBytes.Read(reader);
        reader.ReadStartMap();
        if (reader.PeekState() != CborReaderState.EndMap)
            throw new CborContentException("the COSE_Sign1 has an unprotected header");
        reader.ReadEndMap();
        byte[] payload = CborBytes.Read(reader);
        byte[] signature = CborBytes.Read(reader);
        reader.ReadEndArray();
        CborBytes.RequireEnd(reader);
        return new CoseSign1(header, ParseAlgorithm(header), payload, signature);
    }

    private static int ParseAlgorithm(byte[] header)
    {
        CborReader reader = CborBytes.Open(header);
        reader.ReadStartMap();
        if (reader.ReadInt32() != AlgorithmLabel)
            throw new CborContentException("the COSE_Sign1's protected header has another member than the algorithm");
        int algorithm = reader.ReadInt32();
        reader.ReadEndMap();
        CborBytes.RequireEnd(reader);
        return algorithm;
    }
}
