namespace Qos.Eif;

/// <summary>The symbols for lengths and distances and their extra bits (RFC 1951, 3.2.5).</summary>
internal static class DeflateCodes
{
    public const int EndOfBlock = 256;
    public const int LiteralCount = 286;
    public const int DistanceCount = 30;

    private const int FirstLengthSymbol = 257;
    private const int LongestLengthSymbol = 285;

    private static readonly (ushort Base, byte Extra)[] s_lengths = MakeLengths();
    private static readonly (ushort Base, byte Extra)[] s_distances = MakeDistances();
    private static readonly byte[] s_lengthIndex = MakeLengthIndex();

    public static (int Symbol, int Extra, int ExtraBits) OfLength(int length)
    {
        int index = s_lengthIndex[length - MatchFinder.MinLength];
        return (FirstLengthSymbol + index, length - s_lengths[index].Base, s_lengths[index].Extra);
    }

    public static (int Symbol, int Extra, int ExtraBits) OfDistance(int distance)
    {
        int value = distance - 1;
        int index = value < 4 ? value : (2 * System.Numerics.BitOperations.Log2((uint)value)) + ((value >> (System.Numerics.BitOperations.Log2((uint)value) - 1)) & 1);
        return (index, distance - s_distances[index].Base, s_distances[index].Extra);
    }

    private static (ushort Base, byte Extra)[] MakeLengths()
    {
        var lengths = new (ushort Base, byte Extra)[LongestLengthSymbol - FirstLengthSymbol + 1];
        int next = MatchFinder.MinLength;
        for (int i = 0; i < lengths.Length - 1; i++)
        {
            int extra = i < 8 ? 0 : (i / 4) - 1;
            lengths[i] = ((ushort)next, (byte)extra);
            next += 1 << extra;
        }

        // The longest has a symbol of its own, without extra bits.
        lengths[^1] = (MatchFinder.MaxLength, 0);
        return lengths;
    }

    private static (ushort Base, byte Extra)[] MakeDistances()
    {
        var distances = new (ushort Base, byte Extra)[DistanceCount];
        int next = 1;
        for (int i = 0; i < distances.Length; i++)
        {
            int extra = i < 4 ? 0 : (i / 2) - 1;
            distances[i] = ((ushort)next, (byte)extra);
            next += 1 << extra;
        }

        return distances;
    }

    private static byte[] MakeLengthIndex()
    {
        byte[] index = new byte[MatchFinder.MaxLength - MatchFinder.MinLength + 1];
        for (int i = 0; i < s_lengths.Length; i++)
        {
            int end = i + 1 < s_lengths.Length ? s_lengths[i + 1].Base : MatchFinder.MaxLength + 1;
            for (int length = s_lengths[i].Base; length < end; length++)
                index[length - MatchFinder.MinLength] = (byte)i;
        }

        return index;
    }
}
