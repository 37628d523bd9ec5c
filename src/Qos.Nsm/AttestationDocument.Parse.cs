using System.Formats.Cbor;

namespace Qos.Nsm;

public sealed partial class AttestationDocument
{
    private const int SignatureSize = 96;
    private const int MaxHeaderSize = 16;
    private const ulong CoseSign1Tag = 18;

    private const int AlgorithmLabel = 1;
    private const int Es384 = -35;

    /// <summary>Reads a COSE_Sign1, tagged with 18 or not.</summary>
    /// <exception cref="AttestationException">It is not a document of the documented shape and limits.</exception>
    public static AttestationDocument Parse(ReadOnlySpan<byte> coseSign1) => Parse(coseSign1, allowsUnknown: false);

    /// <summary>Reads a COSE_Sign1 whose payload may have members that are not known, since AWS may add one: to report it, not to trust it for a node.</summary>
    /// <exception cref="AttestationException">It is not a document of the documented shape and limits.</exception>
    public static AttestationDocument ParseWithUnknownMembers(ReadOnlySpan<byte> coseSign1) => Parse(coseSign1, allowsUnknown: true);

    private static AttestationDocument Parse(ReadOnlySpan<byte> coseSign1, bool allowsUnknown)
    {
        if (coseSign1.Length > MaxSize)
        {
            throw new AttestationException(
                AttestationError.InvalidCose, $"The document has {coseSign1.Length} bytes; at most {MaxSize} can be one.");
        }

        var (header, payload, signature) = Guard(AttestationError.InvalidCose, "The document", coseSign1.ToArray(), ReadSign1);
        if (signature.Length != SignatureSize)
        {
            throw new AttestationException(
                AttestationError.InvalidCose, $"The document's signature has {signature.Length} bytes instead of {SignatureSize}.");
        }

        Guard(AttestationError.InvalidHeader, "The document's protected header", header, ReadHeader);
        PayloadFields fields = Guard(AttestationError.InvalidPayload, "The document's payload", payload, reader => PayloadFields.Read(reader, allowsUnknown));
        fields.Check();
        return new AttestationDocument(header, payload, signature, fields);
    }

    private static T Guard<T>(AttestationError error, string what, byte[] encoded, Func<CborReader, T> read)
    {
        try
        {
            return CborFields.Read(encoded, read);
        }
        catch (FormatException e)
        {
            throw new AttestationException(error, $"{what} is not valid {e.Message}.", e);
        }
    }

    private static (byte[] Header, byte[] Payload, byte[] Signature) ReadSign1(CborReader reader)
    {
        if (reader.PeekState() == CborReaderState.Tag && (ulong)reader.ReadTag() != CoseSign1Tag)
            throw new CborContentException("its tag is not 18, COSE_Sign1");

        int? count = reader.ReadStartArray();
        if (count is not (null or 4))
            throw new CborContentException($"an array of {count} instead of 4");

        byte[] header = reader.ReadByteString();
        if (header.Length > MaxHeaderSize)
            throw new CborContentException($"a protected header of {header.Length} bytes");

        reader.ReadStartMap();
        if (reader.PeekState() != CborReaderState.EndMap)
            throw new AttestationException(AttestationError.InvalidHeader, "The document's unprotected header is not empty.");
        reader.ReadEndMap();

        byte[] payload = reader.ReadByteString();
        byte[] signature = reader.ReadByteString();
        reader.ReadEndArray();
        return (header, payload, signature);
    }

    private static int ReadHeader(CborReader reader)
    {
        reader.ReadStartMap();
        int label = reader.ReadInt32();
        int algorithm = reader.ReadInt32();
        if (label != AlgorithmLabel || algorithm != Es384)
            throw new CborContentException($"{{{label}: {algorithm}}} instead of {{1: -35}}, ES384");
        reader.ReadEndMap();
        return algorithm;
    }
}
