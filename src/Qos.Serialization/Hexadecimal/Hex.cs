using System.Buffers;

namespace Qos.Serialization;

/// <summary>Byte strings as hexadecimal digits (format: docs/protocol/encoding.md): written in lower case, without a prefix.</summary>
/// <remarks>
/// Reading accepts upper and lower case, also mixed, because the reference does; it refuses what the reference lets pass by accident:
/// the prefix <c>0x</c>, white space, and a plus sign in the place of a digit. No digits are the empty byte string.
/// </remarks>
public static partial class Hex
{
    /// <summary>The digits of <paramref name="source"/>, lower case.</summary>
    public static string Encode(ReadOnlySpan<byte> source) => Convert.ToHexStringLower(source);

    /// <summary>Writes the digits of <paramref name="source"/>, lower case.</summary>
    /// <param name="source">The bytes.</param>
    /// <param name="utf8Destination">Takes 2 characters per byte; may be longer.</param>
    /// <exception cref="ArgumentException">The destination is too short.</exception>
    public static void Encode(ReadOnlySpan<byte> source, Span<byte> utf8Destination)
    {
        if (!Convert.TryToHexStringLower(source, utf8Destination, out _))
            throw new ArgumentException("Hex needs two characters for each byte.", nameof(utf8Destination));
    }

    /// <summary>Reads digits that make exactly the bytes of <paramref name="destination"/>.</summary>
    /// <param name="utf8Hex">The digits.</param>
    /// <param name="destination">Half as long as the digits; must not overlap them; its contents are undefined if the answer is false.</param>
    /// <returns>False if the lengths do not fit or a character is not a digit.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> utf8Hex, Span<byte> destination) =>
        utf8Hex.Length % 2 == 0
        && utf8Hex.Length / 2 == destination.Length
        && Convert.FromHexString(utf8Hex, destination, out _, out _) == OperationStatus.Done;

    /// <summary>The bytes that the digits stand for.</summary>
    /// <exception cref="EncodingException">The number of digits is odd, or a character is not a digit.</exception>
    public static byte[] Decode(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length % 2 != 0)
            throw OddLength(utf8.Length);
        byte[] bytes = GC.AllocateUninitializedArray<byte>(utf8.Length / 2);
        return TryDecode(utf8, bytes) ? bytes : throw NotADigit(utf8, 0);
    }

    /// <summary>The bytes that the digits stand for.</summary>
    /// <exception cref="EncodingException">The number of digits is odd, or a character is not a digit.</exception>
    public static byte[] Decode(ReadOnlySpan<char> digits)
    {
        if (digits.Length % 2 != 0)
            throw OddLength(digits.Length);
        byte[] bytes = GC.AllocateUninitializedArray<byte>(digits.Length / 2);
        if (Convert.FromHexString(digits, bytes, out _, out _) == OperationStatus.Done)
            return bytes;
        int at = 0;
        while (char.IsAsciiHexDigit(digits[at]))
            at++;
        throw NotADigit(at);
    }

    internal static EncodingException OddLength(long offset) => new("hex needs two digits for each byte, one is missing", offset);

    internal static EncodingException NotADigit(ReadOnlySpan<byte> digits, long offset)
    {
        int at = 0;
        while (at < digits.Length && char.IsAsciiHexDigit((char)digits[at]))
            at++;
        return NotADigit(offset + at);
    }

    private static EncodingException NotADigit(long offset) => new("expected a hex digit", offset);
}
