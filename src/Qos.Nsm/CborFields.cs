using System.Formats.Cbor;

namespace Qos.Nsm;

/// <summary>
/// Reads the few shapes that the module's CBOR is made of, each with its bound. Whatever is wrong comes out of <see cref="Read"/> in one
/// exception, which the callers turn into their own.
/// </summary>
internal static class CborFields
{
    /// <summary>Reads one value, strictly: no duplicate keys, no invalid UTF-8, nothing behind it.</summary>
    /// <exception cref="FormatException">The bytes are not what is read; the message says where and why, without a full stop.</exception>
    public static T Read<T>(ReadOnlyMemory<byte> encoded, Func<CborReader, T> read)
    {
        var reader = new CborReader(encoded, CborConformanceMode.Strict);
        try
        {
            T value = read(reader);
            return reader.BytesRemaining == 0 ? value : throw new CborContentException($"{reader.BytesRemaining} bytes follow the value");
        }
        catch (Exception e) when (e is CborContentException or InvalidOperationException or OverflowException or FormatException)
        {
            // The reader's own words for a value of another kind speak of its methods.
            string reason = e is CborContentException ? e.Message.TrimEnd('.') : "a value of another kind or size than belongs there";
            throw new FormatException($"at byte {encoded.Length - reader.BytesRemaining}: {reason}", e);
        }
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
