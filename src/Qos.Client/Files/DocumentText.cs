using System.Buffers.Text;
using Qos.Serialization;

namespace Qos.Client;

/// <summary>Binary documents as tools hand them around: as they are, in base64 or in hex, on lines of their own or as a JSON string.</summary>
public static class DocumentText
{
    /// <summary>The document's bytes; what has none of these forms is given back as it is, for its reader to complain about.</summary>
    public static byte[] Decode(byte[] content)
    {
        ArgumentNullException.ThrowIfNull(content);
        ReadOnlySpan<byte> text = content.AsSpan().Trim(" \t\r\n"u8);
        if (text is [(byte)'"', .., (byte)'"'])
            text = text[1..^1];

        // A COSE_Sign1 begins with a byte that no text begins with: 0x84, or the tag 0xD2 before it.
        if (text.IsEmpty || text.ContainsAnyExceptInRange((byte)'\n', (byte)'~'))
            return content;
        byte[] joined = [.. text.ToArray().Where(static b => b > ' ')];
        byte[] decoded = new byte[joined.Length];
        if (joined.Length % 2 == 0 && Hex.TryDecode(joined, decoded.AsSpan(0, joined.Length / 2)))
            return decoded[..(joined.Length / 2)];
        joined.AsSpan().Replace((byte)'-', (byte)'+');
        joined.AsSpan().Replace((byte)'_', (byte)'/');
        return Base64.DecodeFromUtf8(joined, decoded, out int consumed, out int written) == System.Buffers.OperationStatus.Done && consumed == joined.Length
            ? decoded[..written]
            : content;
    }
}
