using System.Formats.Cbor;

namespace Qos.Nsm;

/// <summary>
/// The module's requests and answers in CBOR, as the device takes and gives them: an enumeration is the text of its variant's name, or
/// a map of one entry when the variant has fields. Format: docs/protocol/nsm.md, Device.
/// </summary>
/// <remarks>
/// Reading is strict: sizes are bounded, keys are unique, nothing follows the message. A definite and an indefinite length are both
/// accepted, and <c>data</c> as a byte string or as an array of integers.
/// </remarks>
public static partial class NsmCodec
{
    private const int MaxPcrCount = 64;
    private const int MaxTextLength = 256;

    private static T Decode<T>(ReadOnlyMemory<byte> encoded, int maxSize, string what, Func<CborReader, T> read)
    {
        if (encoded.Length > maxSize)
            throw new NsmException($"The {what} has {encoded.Length} bytes; the module's API allows {maxSize}.");

        try
        {
            return CborFields.Read(encoded, read);
        }
        catch (FormatException e)
        {
            throw new NsmException($"The {what} is not valid {e.Message}.", e);
        }
    }

    private static string StartVariant(CborReader reader)
    {
        int? entries = reader.ReadStartMap();
        if (entries is not (null or 1))
            throw new CborContentException($"a map of {entries} entries where one variant must be");
        return reader.ReadTextString();
    }

    private static void EndVariant(CborReader reader) => reader.ReadEndMap();

    private static void WriteVariant(CborWriter writer, string name, int fields)
    {
        writer.WriteStartMap(1);
        writer.WriteTextString(name);
        writer.WriteStartMap(fields);
    }

    private static void EndVariant(CborWriter writer)
    {
        writer.WriteEndMap();
        writer.WriteEndMap();
    }

    private static void WriteField(CborWriter writer, string name, uint value)
    {
        writer.WriteTextString(name);
        writer.WriteUInt32(value);
    }

    private static void WriteField(CborWriter writer, string name, ReadOnlyMemory<byte>? value)
    {
        writer.WriteTextString(name);
        if (value is { } bytes)
            writer.WriteByteString(bytes.Span);
        else
            writer.WriteNull();
    }
}
