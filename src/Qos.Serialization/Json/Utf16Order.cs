namespace Qos.Serialization;

/// <summary>The order of names in canonical JSON: by UTF-16 code units, found from their UTF-8.</summary>
internal static class Utf16Order
{
    /// <summary>Compares two names in valid UTF-8 as RFC 8785, section 3.2.3, orders them.</summary>
    public static int Compare(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        int same = left.CommonPrefixLength(right);
        if (same == left.Length || same == right.Length)
            return left.Length - right.Length;

        // The orders differ in one place: U+E000 to U+FFFF (lead bytes EE, EF) are below the supplementary characters (F0 and above) in UTF-8 and
        // above them in UTF-16, where those start with a surrogate.
        byte a = left[same];
        byte b = right[same];
        return a >= 0xee && b >= 0xee && (a >= 0xf0) != (b >= 0xf0) ? b - a : a - b;
    }
}
