using System.Formats.Cbor;

namespace Qos.Eif;

/// <summary>Byte strings in CBOR, in the two forms that signature sections have. Format: docs/protocol/eif.md, Measurements.</summary>
internal static class CborBytes
{
    public static CborReader Open(byte[] cbor) => new(cbor, CborConformanceMode.Strict);

    public static bool IsRefusal(Exception e) => e is CborContentException or InvalidOperationException or OverflowException;

    /// <summary>Reads a byte string, or an array of integers below 256. What it allocates is bounded by the section that it is read from.</summary>
    public static byte[] Read(CborReader reader)
    {
        if (reader.PeekState() == CborReaderState.ByteString)
            return reader.ReadByteString();

        reader.ReadStartArray();
        var bytes = new List<byte>();
        while (reader.PeekState() != CborReaderState.EndArray)
            bytes.Add(checked((byte)reader.ReadUInt32()));
        reader.ReadEndArray();
        return [.. bytes];
    }

    /// <summary>Writes an array of integers: existing tools write vectors so, and read nothing else.</summary>
    public static void Write(CborWriter writer, ReadOnlySpan<byte> bytes)
    {
        writer.WriteStartArray(bytes.Length);
        foreach (byte value in bytes)
            writer.WriteUInt32(value);
        writer.WriteEndArray();
    }

    public static void RequireEnd(CborReader reader)
    {
        if (reader.BytesRemaining != 0)
            throw new CborContentException($"{reader.BytesRemaining} bytes follow the value");
    }
}
