using System.Security.Cryptography;

namespace Qos.Serialization;

/// <content>Conversion of secrets: neither time nor memory accesses depend on their bytes.</content>
public static partial class Hex
{
    /// <summary>Writes the digits of a secret, lower case, without a table and without a branch on its bytes.</summary>
    /// <param name="secret">The bytes.</param>
    /// <param name="utf8Destination">Exactly 2 characters per byte; the caller wipes it.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void EncodeSecret(ReadOnlySpan<byte> secret, Span<byte> utf8Destination)
    {
        if (utf8Destination.Length % 2 != 0 || utf8Destination.Length / 2 != secret.Length)
            throw new ArgumentException("Hex needs two characters for each byte.", nameof(utf8Destination));
        for (int i = 0; i < secret.Length; i++)
        {
            utf8Destination[2 * i] = DigitOf(secret[i] >> 4);
            utf8Destination[(2 * i) + 1] = DigitOf(secret[i] & 0xf);
        }
    }

    /// <summary>Reads the digits of a secret, upper or lower case, without a table and without a branch on them.</summary>
    /// <param name="utf8Hex">The digits.</param>
    /// <param name="secret">Exactly half as long; wiped if the digits are refused.</param>
    /// <exception cref="EncodingException">The lengths do not fit, or some character is no digit; which one is not said.</exception>
    public static void DecodeSecret(ReadOnlySpan<byte> utf8Hex, Span<byte> secret)
    {
        if (utf8Hex.Length % 2 != 0 || utf8Hex.Length / 2 != secret.Length)
            throw new EncodingException($"expected {secret.Length * 2L} hex digits and got {utf8Hex.Length}", -1);
        int refused = 0;
        for (int i = 0; i < secret.Length; i++)
            secret[i] = (byte)((ValueOf(utf8Hex[2 * i], ref refused) << 4) | ValueOf(utf8Hex[(2 * i) + 1], ref refused));
        if (refused != 0)
        {
            CryptographicOperations.ZeroMemory(secret);
            throw new EncodingException("a character is no hex digit", -1);
        }
    }

    // 39 is the distance between the character after '9' and 'a'; the shifted difference is all ones for 10 and above.
    private static byte DigitOf(int nibble) => (byte)('0' + nibble + (((9 - nibble) >> 31) & 39));

    private static int ValueOf(byte character, ref int refused)
    {
        int digit = character - '0';
        int letter = (character | 0x20) - 'a';
        int notDigit = (digit | (9 - digit)) >> 31;
        int notLetter = (letter | (5 - letter)) >> 31;
        refused |= notDigit & notLetter;
        return (digit & ~notDigit) | ((letter + 10) & ~notLetter);
    }
}
