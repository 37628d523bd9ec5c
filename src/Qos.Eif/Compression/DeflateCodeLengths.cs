namespace Qos.Eif;

/// <summary>The head of a coded block: the lengths of its two codes, themselves run-length coded (RFC 1951, 3.2.7).</summary>
internal sealed class DeflateCodeLengths
{
    private const int RepeatPrevious = 16;
    private const int ShortZeros = 17;
    private const int LongZeros = 18;
    private const int SymbolCount = 19;
    private const int MaxCodeLength = 7;
    private const int LeastSent = 4;

    private static readonly byte[] s_order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

    private readonly List<(int Symbol, int Extra, int ExtraBits)> _runs = [];
    private readonly HuffmanCode _code;
    private readonly int _literals;
    private readonly int _distances;
    private readonly int _sent;

    public DeflateCodeLengths(byte[] literals, byte[] distances)
    {
        _literals = Math.Max(Used(literals), DeflateCodes.EndOfBlock + 1);
        _distances = Math.Max(Used(distances), 1);
        AddRuns([.. literals.AsSpan(0, _literals), .. distances.AsSpan(0, _distances)]);

        int[] counts = new int[SymbolCount];
        foreach ((int symbol, _, _) in _runs)
            counts[symbol]++;
        _code = HuffmanCode.For(counts, MaxCodeLength);
        _sent = SymbolCount;
        while (_sent > LeastSent && _code.Lengths[s_order[_sent - 1]] == 0)
            _sent--;
    }

    /// <summary>The bits that <see cref="Write"/> writes, the block's own three included.</summary>
    public long Bits => 3 + 14 + (3 * _sent) + _runs.Sum(run => _code.Lengths[run.Symbol] + run.ExtraBits);

    public void Write(BitWriter output)
    {
        output.Write((uint)(_literals - 257), 5);
        output.Write((uint)(_distances - 1), 5);
        output.Write((uint)(_sent - LeastSent), 4);
        for (int i = 0; i < _sent; i++)
            output.Write(_code.Lengths[s_order[i]], 3);
        foreach ((int symbol, int extra, int extraBits) in _runs)
        {
            _code.Write(output, symbol);
            output.Write((uint)extra, extraBits);
        }
    }

    private static int Used(byte[] lengths)
    {
        int used = lengths.Length;
        while (used > 0 && lengths[used - 1] == 0)
            used--;
        return used;
    }

    private void AddRuns(ReadOnlySpan<byte> lengths)
    {
        while (!lengths.IsEmpty)
        {
            byte value = lengths[0];
            int run = lengths.IndexOfAnyExcept(value);
            run = run < 0 ? lengths.Length : run;
            lengths = lengths[run..];
            if (value == 0)
            {
                AddZeros(run);
                continue;
            }

            _runs.Add((value, 0, 0));
            AddRepeats(value, run - 1);
        }
    }

    private void AddZeros(int run)
    {
        while (run >= 11)
        {
            int part = Math.Min(run, 138);
            _runs.Add((LongZeros, part - 11, 7));
            run -= part;
        }

        if (run >= 3)
            _runs.Add((ShortZeros, run - 3, 3));
        else
            AddSingly(0, run);
    }

    private void AddRepeats(byte value, int run)
    {
        while (run >= 3)
        {
            int part = Math.Min(run, 6);
            _runs.Add((RepeatPrevious, part - 3, 2));
            run -= part;
        }

        AddSingly(value, run);
    }

    private void AddSingly(byte value, int run)
    {
        for (; run > 0; run--)
            _runs.Add((value, 0, 0));
    }
}
