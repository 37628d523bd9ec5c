using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Unicode;

namespace Qos.Serialization;

/// <content>Writing single values.</content>
public sealed partial class QosJsonWriter
{
    private const int PieceLength = 16 * 1024;

    /// <summary>Writes a string.</summary>
    /// <exception cref="EncodingException">It holds a lone surrogate.</exception>
    public void WriteString(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (value.Length <= 256)
        {
            Span<byte> utf8 = stackalloc byte[256 * 3];
            if (Utf8.FromUtf16(value, utf8, out _, out int written, replaceInvalidSequences: false) != OperationStatus.Done)
                throw new EncodingException("the string holds a lone surrogate", -1);
            ValidString(utf8[..written]);
        }
        else
        {
            ValidString(StrictUtf8(value));
        }
    }

    /// <summary>Writes a string that is UTF-8 already.</summary>
    /// <exception cref="EncodingException">It is not UTF-8.</exception>
    public void WriteUtf8String(ReadOnlySpan<byte> utf8)
    {
        CheckUtf8(utf8);
        ValidString(utf8);
    }

    /// <summary>Writes a byte string as lower-case hex.</summary>
    public void WriteHex(ReadOnlySpan<byte> bytes)
    {
        BeforeValue();
        _buffer.WriteByte((byte)'"');
        for (int done = 0; done < bytes.Length; done += PieceLength)
        {
            ReadOnlySpan<byte> piece = bytes[done..Math.Min(bytes.Length, done + PieceLength)];
            Hex.Encode(piece, _buffer.Reserve(piece.Length * 2));
            _buffer.Advance(piece.Length * 2);
        }

        _buffer.WriteByte((byte)'"');
        AfterValue();
    }

    /// <summary>Writes an integer: in canonical form a string of digits, else a number.</summary>
    public void WriteInteger(ulong value)
    {
        Span<byte> digits = stackalloc byte[20];
        Utf8Formatter.TryFormat(value, digits, out int written);
        Digits(digits[..written]);
    }

    /// <summary>Writes an integer: in canonical form a string of digits, else a number.</summary>
    public void WriteInteger(long value)
    {
        Span<byte> digits = stackalloc byte[20];
        Utf8Formatter.TryFormat(value, digits, out int written);
        Digits(digits[..written]);
    }

    /// <summary>Writes <c>true</c> or <c>false</c>.</summary>
    public void WriteBool(bool value) => WriteRaw(value ? "true"u8 : "false"u8);

    /// <summary>Writes <c>null</c>; in canonical form an array's element or the whole text, never a member.</summary>
    public void WriteNull()
    {
        if (_form == JsonForm.Canonical && _named)
            throw new InvalidOperationException("Canonical JSON leaves out a member whose value is null.");
        WriteRaw("null"u8);
    }

    /// <summary>Writes a value that is JSON already, and in this writer's form.</summary>
    /// <param name="json">Is not looked at.</param>
    public void WriteRaw(ReadOnlySpan<byte> json)
    {
        BeforeValue();
        _buffer.Write(json);
        AfterValue();
    }

    private void Digits(ReadOnlySpan<byte> digits)
    {
        if (_form == JsonForm.Canonical)
            ValidString(digits);
        else
            WriteRaw(digits);
    }

    private void ValidString(ReadOnlySpan<byte> utf8)
    {
        BeforeValue();
        JsonStrings.Write(_buffer, utf8);
        AfterValue();
    }

    private static void CheckUtf8(ReadOnlySpan<byte> utf8)
    {
        if (!Utf8.IsValid(utf8))
            throw new EncodingException("the string is not UTF-8", -1);
    }

    private static byte[] StrictUtf8(string value)
    {
        byte[] utf8 = new byte[Encoding.UTF8.GetByteCount(value)];
        return Utf8.FromUtf16(value, utf8, out _, out _, replaceInvalidSequences: false) == OperationStatus.Done
            ? utf8
            : throw new EncodingException("the string holds a lone surrogate", -1);
    }
}
