namespace Qos.Eif;

/// <summary>A prefix code of limited length (RFC 1951, 3.2.2), the best there is for given counts, found by package-merge.</summary>
internal sealed class HuffmanCode
{
    private readonly uint[] _codes;

    private HuffmanCode(byte[] lengths)
    {
        Lengths = lengths;
        _codes = Assign(lengths);
    }

    /// <summary>Bits of each symbol's code; 0 for a symbol that does not occur.</summary>
    public byte[] Lengths { get; }

    /// <param name="counts">How often each symbol occurs.</param>
    /// <param name="limit">The longest code allowed.</param>
    public static HuffmanCode For(ReadOnlySpan<int> counts, int limit)
    {
        byte[] lengths = new byte[counts.Length];
        var leaves = new List<Package>();
        for (int symbol = 0; symbol < counts.Length; symbol++)
        {
            if (counts[symbol] > 0)
                leaves.Add(new Package(counts[symbol], symbol, null, null));
        }

        if (leaves.Count == 1)
            lengths[leaves[0].Symbol] = 1;
        if (leaves.Count > 1)
            Merge(leaves, limit, lengths);
        return new HuffmanCode(lengths);
    }

    public void Write(BitWriter output, int symbol) => output.Write(_codes[symbol], Lengths[symbol]);

    private static void Merge(List<Package> leaves, int limit, byte[] lengths)
    {
        // By count, then by symbol: the order is a total one, so every sort gives the same.
        leaves.Sort(static (a, b) => a.Count != b.Count ? a.Count.CompareTo(b.Count) : a.Symbol.CompareTo(b.Symbol));
        List<Package> row = leaves;
        for (int level = 1; level < limit; level++)
        {
            var packages = new List<Package>(row.Count / 2);
            for (int i = 0; i + 1 < row.Count; i += 2)
                packages.Add(new Package(row[i].Count + row[i + 1].Count, -1, row[i], row[i + 1]));
            row = Interleave(leaves, packages);
        }

        for (int i = 0; i < (2 * leaves.Count) - 2; i++)
            CountDown(row[i], lengths);
    }

    private static List<Package> Interleave(List<Package> leaves, List<Package> packages)
    {
        var row = new List<Package>(leaves.Count + packages.Count);
        int leaf = 0;
        int package = 0;
        while (leaf < leaves.Count || package < packages.Count)
        {
            bool takeLeaf = package == packages.Count || (leaf < leaves.Count && leaves[leaf].Count <= packages[package].Count);
            row.Add(takeLeaf ? leaves[leaf++] : packages[package++]);
        }

        return row;
    }

    private static void CountDown(Package package, byte[] lengths)
    {
        if (package.Left is null)
        {
            lengths[package.Symbol]++;
            return;
        }

        CountDown(package.Left, lengths);
        CountDown(package.Right!, lengths);
    }

    /// <summary>The codes in the standard's order, each with its bits turned round, as they are written.</summary>
    private static uint[] Assign(byte[] lengths)
    {
        uint[] codes = new uint[lengths.Length];
        uint code = 0;
        for (int length = 1; length <= 15; length++)
        {
            for (int symbol = 0; symbol < lengths.Length; symbol++)
            {
                if (lengths[symbol] == length)
                    codes[symbol] = Reverse(code++, length);
            }

            code <<= 1;
        }

        return codes;
    }

    private static uint Reverse(uint code, int length)
    {
        uint reversed = 0;
        for (int i = 0; i < length; i++)
            reversed |= ((code >> i) & 1) << (length - 1 - i);
        return reversed;
    }

    private sealed record Package(long Count, int Symbol, Package? Left, Package? Right);
}
