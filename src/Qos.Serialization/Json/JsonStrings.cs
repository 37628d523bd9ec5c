using System.Buffers;
using System.Text;

namespace Qos.Serialization;

/// <summary>The inside of JSON strings: where they end, what their escapes stand for.</summary>
internal static class JsonStrings
{
    /// <summary>How many characters of text can stand for one byte of UTF-8 at most: <c>\u0041</c>.</summary>
    public const int LongestEscape = 6;

    private static readonly SearchValues<byte> s_special = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Select(static control => (byte)control), (byte)'"', (byte)'\\']);

    /// <summary>Finds the quote that ends a string and checks everything before it but UTF-8.</summary>
    /// <param name="text">The whole text.</param>
    /// <param name="start">The first byte after the opening quote.</param>
    /// <param name="escaped">Whether there was an escape.</param>
    /// <returns>Where the closing quote is.</returns>
    public static int FindEnd(ReadOnlySpan<byte> text, int start, out bool escaped)
    {
        escaped = false;
        int at = start;
        while (true)
        {
            int skipped = text[at..].IndexOfAny(s_special);
            if (skipped < 0)
                throw new EncodingException("the string does not end", start - 1);
            at += skipped;
            switch (text[at])
            {
                case (byte)'"':
                    return at;
                case (byte)'\\':
                    escaped = true;
                    at += EscapeLength(text, at);
                    break;
                default:
                    throw new EncodingException("a control character in a string must be escaped", at);
            }
        }
    }

    /// <summary>Replaces the escapes of a checked string.</summary>
    /// <param name="raw">What stands between the quotes, checked by <see cref="FindEnd"/>.</param>
    /// <param name="destination">At least as long as <paramref name="raw"/>.</param>
    /// <returns>How many bytes were written.</returns>
    public static int Unescape(ReadOnlySpan<byte> raw, Span<byte> destination)
    {
        int written = 0;
        while (true)
        {
            int plain = raw.IndexOf((byte)'\\');
            ReadOnlySpan<byte> run = plain < 0 ? raw : raw[..plain];
            run.CopyTo(destination[written..]);
            written += run.Length;
            if (plain < 0)
                return written;

            raw = raw[plain..];
            int length = 2;
            if (raw[1] == 'u')
            {
                uint unit = CodeUnit(raw, 0);
                length = 6;
                if (char.IsHighSurrogate((char)unit))
                {
                    unit = (uint)char.ConvertToUtf32((char)unit, (char)CodeUnit(raw, 6));
                    length = 12;
                }

                written += new Rune(unit).EncodeToUtf8(destination[written..]);
            }
            else
            {
                destination[written++] = raw[1] switch
                {
                    (byte)'b' => 0x08,
                    (byte)'f' => 0x0c,
                    (byte)'n' => 0x0a,
                    (byte)'r' => 0x0d,
                    (byte)'t' => 0x09,
                    byte itself => itself,
                };
            }

            raw = raw[length..];
        }
    }

    /// <summary>Writes a string with its quotes and the escapes that it needs, and no others.</summary>
    /// <param name="output">Takes the string.</param>
    /// <param name="utf8">Valid UTF-8.</param>
    public static void Write(ByteBuffer output, ReadOnlySpan<byte> utf8)
    {
        output.WriteByte((byte)'"');
        while (true)
        {
            int plain = utf8.IndexOfAny(s_special);
            output.Write(plain < 0 ? utf8 : utf8[..plain]);
            if (plain < 0)
                break;
            WriteEscape(output, utf8[plain]);
            utf8 = utf8[(plain + 1)..];
        }

        output.WriteByte((byte)'"');
    }

    private static void WriteEscape(ByteBuffer output, byte character)
    {
        byte letter = character switch
        {
            0x08 => (byte)'b',
            0x09 => (byte)'t',
            0x0a => (byte)'n',
            0x0c => (byte)'f',
            0x0d => (byte)'r',
            (byte)'"' or (byte)'\\' => character,
            _ => 0,
        };
        if (letter != 0)
        {
            output.WriteByte((byte)'\\');
            output.WriteByte(letter);
            return;
        }

        Span<byte> escape = stackalloc byte[6];
        "\\u00"u8.CopyTo(escape);
        Hex.Encode([character], escape[4..]);
        output.Write(escape);
    }

    private static int EscapeLength(ReadOnlySpan<byte> text, int at)
    {
        if (at + 1 >= text.Length)
            throw new EncodingException("the text ends inside an escape", at);
        switch (text[at + 1])
        {
            case (byte)'"' or (byte)'\\' or (byte)'/' or (byte)'b' or (byte)'f' or (byte)'n' or (byte)'r' or (byte)'t':
                return 2;
            case (byte)'u':
                break;
            default:
                throw new EncodingException("unknown escape in a string", at);
        }

        char unit = (char)CodeUnit(text, at);
        if (char.IsLowSurrogate(unit))
            throw new EncodingException("an escaped low surrogate without the high one before it", at);
        if (!char.IsHighSurrogate(unit))
            return 6;
        if (at + 7 < text.Length && text[at + 6] == '\\' && text[at + 7] == 'u' && char.IsLowSurrogate((char)CodeUnit(text, at + 6)))
            return 12;
        throw new EncodingException("an escaped high surrogate without the low one behind it", at);
    }

    private static uint CodeUnit(ReadOnlySpan<byte> text, int at)
    {
        Span<byte> unit = stackalloc byte[2];
        if (at + 6 > text.Length || !Hex.TryDecode(text.Slice(at + 2, 4), unit))
            throw new EncodingException("\\u needs four hex digits", at);
        return (uint)((unit[0] << 8) | unit[1]);
    }
}
