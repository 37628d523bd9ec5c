namespace Qos.Eif;

/// <summary>One block of deflate (RFC 1951, 3.2): literals and matches under a code of its own, or the bytes as they are where that is shorter.</summary>
internal sealed class DeflateBlock(int capacity)
{
    private const int MaxCodeLength = 15;
    private const int MaxStored = 65535;
    private const int LiteralDistance = 0;

    private readonly (ushort Value, ushort Distance)[] _tokens = new (ushort, ushort)[capacity];
    private readonly int[] _literalCounts = new int[DeflateCodes.LiteralCount];
    private readonly int[] _distanceCounts = new int[DeflateCodes.DistanceCount];
    private int _count;

    public bool IsFull => _count == _tokens.Length;

    public void AddLiteral(byte value)
    {
        _tokens[_count++] = (value, LiteralDistance);
        _literalCounts[value]++;
    }

    public void AddMatch(int length, int distance)
    {
        _tokens[_count++] = ((ushort)length, (ushort)distance);
        _literalCounts[DeflateCodes.OfLength(length).Symbol]++;
        _distanceCounts[DeflateCodes.OfDistance(distance).Symbol]++;
    }

    /// <summary>Writes the block and begins the next one.</summary>
    /// <param name="output">Takes the bits.</param>
    /// <param name="raw">The bytes that the block stands for.</param>
    /// <param name="isLast">Whether no block follows.</param>
    public void Write(BitWriter output, ReadOnlySpan<byte> raw, bool isLast)
    {
        _literalCounts[DeflateCodes.EndOfBlock] = 1;
        var literals = HuffmanCode.For(_literalCounts, MaxCodeLength);
        var distances = HuffmanCode.For(_distanceCounts, MaxCodeLength);
        var header = new DeflateCodeLengths(literals.Lengths, distances.Lengths);
        if (CountBits(literals, distances) + header.Bits > 8L * raw.Length)
            WriteStored(output, raw, isLast);
        else
            WriteCoded(output, header, literals, distances, isLast);

        _count = 0;
        Array.Clear(_literalCounts);
        Array.Clear(_distanceCounts);
    }

    private static void WriteStored(BitWriter output, ReadOnlySpan<byte> raw, bool isLast)
    {
        do
        {
            ReadOnlySpan<byte> part = raw[..Math.Min(raw.Length, MaxStored)];
            raw = raw[part.Length..];
            output.Write(isLast && raw.IsEmpty ? 1u : 0u, 1);
            output.Write(0, 2);
            output.Align();
            output.Write((uint)part.Length, 16);
            output.Write((uint)~part.Length & 0xffff, 16);
            output.WriteBytes(part);
        }
        while (!raw.IsEmpty);
    }

    private void WriteCoded(BitWriter output, DeflateCodeLengths header, HuffmanCode literals, HuffmanCode distances, bool isLast)
    {
        output.Write(isLast ? 1u : 0u, 1);
        output.Write(2, 2);
        header.Write(output);
        foreach ((ushort value, ushort distance) in _tokens.AsSpan(0, _count))
        {
            if (distance == LiteralDistance)
            {
                literals.Write(output, value);
                continue;
            }

            (int symbol, int extra, int extraBits) = DeflateCodes.OfLength(value);
            literals.Write(output, symbol);
            output.Write((uint)extra, extraBits);
            (symbol, extra, extraBits) = DeflateCodes.OfDistance(distance);
            distances.Write(output, symbol);
            output.Write((uint)extra, extraBits);
        }

        literals.Write(output, DeflateCodes.EndOfBlock);
    }

    private long CountBits(HuffmanCode literals, HuffmanCode distances)
    {
        long bits = literals.Lengths[DeflateCodes.EndOfBlock];
        foreach ((ushort value, ushort distance) in _tokens.AsSpan(0, _count))
        {
            if (distance == LiteralDistance)
            {
                bits += literals.Lengths[value];
                continue;
            }

            (int symbol, _, int extraBits) = DeflateCodes.OfLength(value);
            bits += literals.Lengths[symbol] + extraBits;
            (symbol, _, extraBits) = DeflateCodes.OfDistance(distance);
            bits += distances.Lengths[symbol] + extraBits;
        }

        return bits;
    }
}
