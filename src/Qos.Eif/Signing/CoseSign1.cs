using System.Formats.Cbor;

namespace Qos.Eif;

/// <summary>A COSE_Sign1 over a register's value. Specification: eif, Measurements.</summary>
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

    public static byte[] ProtectedHeader(int algorithm)
    {
        var writer = new CborWriter(CborConformanceMode.Canonical);
        writer.WriteStartMap(1);
        writer.WriteInt32(AlgorithmLabel);
        writer.WriteInt32(algorithm);
        writer.WriteEndMap();
        return writer.Encode();
    }

    /// <summary>What is signed: <c>["Signature1", protected, h'', payload]</c>.</summary>
    public static byte[] ToBeSigned(byte[] protectedHeader, byte[] payload)
    {
        var writer = new CborWriter(CborConformanceMode.Canonical);
        writer.WriteStartArray(4);
        writer.WriteTextString("Signature1");
        writer.WriteByteString(protectedHeader);
        writer.WriteByteString([]);
        writer.WriteByteString(payload);
        writer.WriteEndArray();
        return writer.Encode();
    }

    public byte[] Encode()
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
            throw new CborContentException("the COSE structure is no COSE_Sign1");
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
