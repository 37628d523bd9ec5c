namespace Qos.Eif;

/// <summary>
/// Compresses to deflate (RFC 1951). Our own, because zlib's output differs between its versions and successors, and a ramdisk's bytes are
/// measured: the same input must give the same image on every host, today and in years.
/// </summary>
internal static class Deflate
{
    private const int TokensPerBlock = 1 << 16;

    // A match is put off by one byte if the next one is longer; this long ones are taken at once.
    private const int LazyLimit = 96;

    public static void Write(ReadOnlySpan<byte> data, BitWriter output)
    {
        byte[] copy = data.ToArray();
        var finder = new MatchFinder(copy);
        var block = new DeflateBlock(TokensPerBlock);
        int blockStart = 0;
        int position = 0;
        (int Length, int Distance) match = finder.Find(0);
        while (position < copy.Length)
        {
            finder.Enter(position);
            (int Length, int Distance) next = match.Length < LazyLimit ? finder.Find(position + 1) : default;
            if (match.Length == 0 || next.Length > match.Length)
            {
                block.AddLiteral(copy[position]);
                position++;
                match = next;
            }
            else
            {
                block.AddMatch(match.Length, match.Distance);
                for (int i = 1; i < match.Length; i++)
                    finder.Enter(position + i);
                position += match.Length;
                match = finder.Find(position);
            }

            if (!block.IsFull)
                continue;
            block.Write(output, copy.AsSpan(blockStart, position - blockStart), isLast: false);
            blockStart = position;
        }

        block.Write(output, copy.AsSpan(blockStart), isLast: true);
    }
}
