using System.Formats.Cbor;

namespace Qos.Nsm;

/// <summary>What a COSE_Sign1's signature is over: <c>["Signature1", protected, h'', payload]</c>. Format: docs/protocol/nsm.md, Verification, step 3.</summary>
internal static class SigStructure
{
    /// <summary>Its CBOR, from header and payload as they were received.</summary>
    public static byte[] Encode(ReadOnlySpan<byte> protectedHeader, ReadOnlySpan<byte> payload)
    {
        var writer = new CborWriter(CborConformanceMode.Lax, initialCapacity: payload.Length + 64);
        writer.WriteStartArray(4);
        writer.WriteTextString("Signature1");
        writer.WriteByteString(protectedHeader);
        writer.WriteByteString([]);
        writer.WriteByteString(payload);
        writer.WriteEndArray();
        return writer.Encode();
    }
}
