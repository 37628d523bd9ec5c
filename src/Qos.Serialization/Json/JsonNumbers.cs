namespace Qos.Serialization;

/// <summary>The numbers that QOS JSON knows: integers in their shortest form, from -2^63 to 2^64-1.</summary>
internal static class JsonNumbers
{
    /// <summary>Checks the number at a place of the text and says how many characters it has.</summary>
    public static int Length(ReadOnlySpan<byte> text, int at)
    {
        ReadOnlySpan<byte> rest = text[at..];
        int sign = rest[0] == '-' ? 1 : 0;
        int end = sign;
        while (end < rest.Length && char.IsAsciiDigit((char)rest[end]))
            end++;

        int digits = end - sign;
        if (digits == 0)
            throw new EncodingException("expected a digit", at + end);
        if (rest[sign] == '0' && digits > 1)
            throw new EncodingException("a number must not start with a zero", at);
        if (end < rest.Length && rest[end] is (byte)'.' or (byte)'e' or (byte)'E')
            throw new EncodingException("only integers are allowed, without fraction or exponent", at);
        if (sign == 1 && rest[1] == '0')
            throw new EncodingException("-0 is no integer", at);
        if (!TryUnsigned(rest[sign..end], sign == 1 ? 1ul << 63 : ulong.MaxValue, out _))
            throw new EncodingException("the integer does not fit in 64 bits", at);
        return end;
    }

    /// <summary>Reads digits: only digits, no leading zero, at least one, at most <paramref name="max"/>.</summary>
    public static bool TryUnsigned(ReadOnlySpan<byte> digits, ulong max, out ulong value)
    {
        value = 0;
        if (digits.Length is 0 or > 20 || (digits[0] == '0' && digits.Length > 1))
            return false;
        UInt128 sum = 0;
        foreach (byte digit in digits)
        {
            if (!char.IsAsciiDigit((char)digit))
                return false;
            sum = (sum * 10) + (uint)(digit - '0');
        }

        if (sum > max)
            return false;
        value = (ulong)sum;
        return true;
    }
}
