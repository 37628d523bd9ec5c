using System.Text;
namespace Qos.Serialization;

/// <summary>Byte strings as hexadecimal digits (format: docs/protocol/encoding.md): written in lower case, without a prefix.</summary>
/// <remarks>
/// Reading accepts upper and lower case, also mixed, because the reference does; it refuses what the reference lets pass by accident:
/// the prefix <c>0x</c>, white space, and a plus sign in the place of a digit. No digits are the empty byte string.
/// </remarks>
public static partial class Hex
{
    /// <summary>The digits of <paramref name="source"/>, lower case.</summary>
    public static string Encode(ReadOnlySpan<byte> source) =>
        string.Create(checked(source.Length * 2), source, static (digits, bytes) =>
        {
            Span<byte> block = stackalloc byte[512];
            for (int done = 0; done < bytes.Length; done += block.Length / 2)
            {
                ReadOnlySpan<byte> part = bytes[done..Math.Min(bytes.Length, done + (block.Length / 2))];
                Encode(part, block);
                Encoding.ASCII.GetChars(block[..(part.Length * 2)], digits[(done * 2)..]);
            }
        });

    /// <summary>Writes the digits of <paramref name="source"/>, lower case.</summary>
    /// <param name="source">The bytes.</param>
    /// <param name="utf8Destination">Takes 2 characters per byte; may be longer.</param>
    /// <exception cref="ArgumentException">The destination is too short.</exception>
    public static void Encode(ReadOnlySpan<byte> source, Span<byte> utf8Destination)
    {
        if (utf8Destination.Length / 2 < source.Length)
            throw new ArgumentException("Hex needs two characters for each byte.", nameof(utf8Destination));
        HexVector.Encode(source, utf8Destination[..(source.Length * 2)]);
    }

    /// <summary>Reads digits that make exactly the bytes of <paramref name="destination"/>.</summary>
    /// <param name="utf8Hex">The digits.</param>
    /// <param name="destination">Half as long as the digits; must not overlap them; its contents are undefined if the answer is false.</param>
    /// <returns>False if the lengths do not fit or a character is no digit.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> utf8Hex, Span<byte> destination) =>
        utf8Hex.Length % 2 == 0 && utf8Hex.Length / 2 == destination.Length && HexVector.TryDecode(utf8Hex, destination);

    /// <summary>The bytes that the digits stand for.</summary>
    /// <exception cref="EncodingException">An odd number of digits, or a character that is none.</exception>
    public static byte[] Decode(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length % 2 != 0)
            throw OddLength(utf8.Length);
        byte[] bytes = GC.AllocateUninitializedArray<byte>(utf8.Length / 2);
        return HexVector.TryDecode(utf8, bytes) ? bytes : throw NotADigit(utf8, 0);
    }

    /// <summary>The bytes that the digits stand for.</summary>
    /// <exception cref="EncodingException">An odd number of digits, or a character that is none.</exception>
    public static byte[] Decode(ReadOnlySpan<char> digits)
    {
        if (digits.Length % 2 != 0)
            throw OddLength(digits.Length);
        byte[] bytes = new byte[digits.Length / 2];
        Span<byte> block = stackalloc byte[512];
        for (int done = 0; done < digits.Length; done += block.Length)
        {
            ReadOnlySpan<char> part = digits[done..Math.Min(digits.Length, done + block.Length)];
            // A character beyond Latin-1 must not become a digit by losing its upper bits.
            for (int i = 0; i < part.Length; i++)
                block[i] = part[i] <= 0x7f ? (byte)part[i] : (byte)0xff;
            if (!HexVector.TryDecode(block[..part.Length], bytes.AsSpan(done / 2, part.Length / 2)))
                throw NotADigit(block[..part.Length], done);
        }

        return bytes;
    }

    internal static EncodingException OddLength(long offset) => new("hex needs two digits for each byte, one is missing", offset);

    internal static EncodingException NotADigit(ReadOnlySpan<byte> digits, long offset)
    {
        int at = 0;
        while (at < digits.Length && char.IsAsciiHexDigit((char)digits[at]))
            at++;
        return new EncodingException("expected a hex digit", offset + at);
    }
}
