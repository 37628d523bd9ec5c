using System.Formats.Cbor;

namespace Qos.Nsm;

/// <summary>
/// Reads the few shapes that the module's CBOR is made of, each with its bound. Whatever is wrong ends in an exception of
/// <see cref="IsRefusal"/>, which the callers turn into their own.
/// </summary>
internal static class CborFields
{
    /// <summary>A reader that refuses duplicate keys, invalid UTF-8 and a second value behind the first.</summary>
    public static CborReader Open(ReadOnlyMemory<byte> encoded) => new(encoded, CborConformanceMode.Strict);

    /// <summary>Whether the exception is what the reader throws for bytes that are not the CBOR that was asked for.</summary>
    public static bool IsRefusal(Exception e) =>
        e is CborContentException or InvalidOperationException or OverflowException or FormatException;

    public static void RequireEnd(CborReader reader)
    {
        if (reader.BytesRemaining != 0)
            throw new CborContentException($"{reader.BytesRemaining} bytes follow the value");
    }

    /// <summary>Reads a map whose keys are texts; each value is read by <paramref name="member"/>.</summary>
    public static void ReadMap(CborReader reader, Action<string> member)
    {
        // The reader compares keys by their bytes, and one text can be written in several ways.
        var seen = new HashSet<string>(StringComparer.Ordinal);
        reader.ReadStartMap();
        while (reader.PeekState() != CborReaderState.EndMap)
        {
            string name = reader.ReadTextString();
            if (!seen.Add(name))
                throw new CborContentException($"\"{Shown(name)}\" is there twice");
            member(name);
        }

        reader.ReadEndMap();
    }

    public static ushort ReadUInt16(CborReader reader) => checked((ushort)reader.ReadUInt32());

    /// <summary>Reads a byte string, or an array of integers below 256, which is how serde writes a plain vector.</summary>
    public static byte[] ReadBytes(CborReader reader, int maxLength)
    {
        if (reader.PeekState() != CborReaderState.StartArray)
            return Bounded(reader.ReadByteString(), maxLength);

        int? count = reader.ReadStartArray();
        if (count > maxLength)
            throw new CborContentException($"an array of {count} bytes where at most {maxLength} may be");

        var bytes = new List<byte>(count ?? 0);
        while (reader.PeekState() != CborReaderState.EndArray)
        {
            if (bytes.Count == maxLength)
                throw new CborContentException($"an array of more than {maxLength} bytes");
            bytes.Add(checked((byte)reader.ReadUInt32()));
        }

        reader.ReadEndArray();
        return [.. bytes];
    }

    public static byte[]? ReadOptionalBytes(CborReader reader, int maxLength)
    {
        if (reader.PeekState() != CborReaderState.Null)
            return ReadBytes(reader, maxLength);

        reader.ReadNull();
        return null;
    }

    public static CborContentException Missing(string member) => new($"the member \"{member}\" is missing");

    public static CborContentException Unknown(string member) => new($"\"{Shown(member)}\" is not known here");

    private static byte[] Bounded(byte[] bytes, int maxLength) => bytes.Length <= maxLength
        ? bytes
        : throw new CborContentException($"{bytes.Length} bytes where at most {maxLength} may be");

    /// <summary>A name from outside, cut and without control characters, for a message.</summary>
    private static string Shown(string text) =>
        string.Concat(text.Take(40).Select(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or ' ' ? c : '?'));
}
