using System.Formats.Cbor;
using Qos.Nsm;

namespace Qos.Machine.Tests.Machines;

/// <summary>
/// What a module says in a document that no verifier takes, since QEMU's module as it comes writes zeros for a signature. Nothing that is read by
/// this is proven to anyone: these tests compare what the machine says with what they did to it themselves.
/// </summary>
public static class ModuleDocument
{
    private const string UnsignedHeader = "A10120", SignedHeader = "A1013822";
    private const int SignatureSize = 96;

    /// <summary>Reads an unsigned document.</summary>
    public static AttestationDocument Read(ReadOnlyMemory<byte> document)
    {
        // Our own reader must refuse it as it is.
        AttestationException refused = Assert.Throws<AttestationException>(() => AttestationDocument.Parse(document.Span));
        Assert.Contains(refused.Error, (AttestationError[])[AttestationError.InvalidCose, AttestationError.InvalidHeader]);

        var reader = new CborReader(document);
        if (reader.PeekState() == CborReaderState.Tag)
            reader.ReadTag();
        reader.ReadStartArray();
        Assert.Equal(UnsignedHeader, Convert.ToHexString(reader.ReadByteString()));
        reader.SkipValue();
        byte[] payload = reader.ReadByteString();

        // With the form of a signed one, so that the payload goes through the reader whose limits count.
        var writer = new CborWriter();
        writer.WriteStartArray(4);
        writer.WriteByteString(Convert.FromHexString(SignedHeader));
        writer.WriteStartMap(0);
        writer.WriteEndMap();
        writer.WriteByteString(payload);
        writer.WriteByteString(new byte[SignatureSize]);
        writer.WriteEndArray();
        return AttestationDocument.Parse(writer.Encode());
    }
}
