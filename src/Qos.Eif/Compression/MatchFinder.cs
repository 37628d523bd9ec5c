using System.Buffers.Binary;
using System.Numerics;

namespace Qos.Eif;

/// <summary>Finds where the next bytes were before, within the window of deflate, by chains of equal hashes.</summary>
internal sealed class MatchFinder(ReadOnlyMemory<byte> data)
{
    public const int MinLength = 3;
    public const int MaxLength = 258;

    private const int WindowSize = 1 << 15;
    private const int HashBits = 15;

    // How far a search goes: more gains little and costs much.
    private const int MaxSteps = 192;
    private const int GoodEnough = 128;

    // A match of three bytes further away costs more bits than three literals.
    private const int FarForThree = 4096;

    private readonly int[] _last = NewTable(1 << HashBits);
    private readonly int[] _before = NewTable(WindowSize);

    /// <summary>Enters the bytes at a position, after all positions before it.</summary>
    public void Enter(int position)
    {
        if (position + MinLength >= data.Length)
            return;
        int hash = HashAt(position);
        _before[position % WindowSize] = _last[hash];
        _last[hash] = position;
    }

    /// <summary>The longest match at a position that was not entered yet; of equal ones the nearest.</summary>
    /// <returns>Length 0 if there is none.</returns>
    public (int Length, int Distance) Find(int position)
    {
        if (position + MinLength >= data.Length)
            return default;

        ReadOnlySpan<byte> bytes = data.Span;
        ReadOnlySpan<byte> next = bytes.Slice(position, Math.Min(MaxLength, bytes.Length - position));
        int bestLength = MinLength - 1;
        int bestDistance = 0;
        int candidate = _last[HashAt(position)];
        for (int step = 0; step < MaxSteps && candidate >= 0 && position - candidate < WindowSize; step++)
        {
            if (bytes[candidate + bestLength] == next[bestLength])
            {
                int length = CommonLength(bytes[candidate..], next);
                if (length > bestLength)
                {
                    bestLength = length;
                    bestDistance = position - candidate;
                    if (length >= GoodEnough || length == next.Length)
                        break;
                }
            }

            int earlier = _before[candidate % WindowSize];
            // A slot that was filled anew belongs to a later position.
            if (earlier >= candidate)
                break;
            candidate = earlier;
        }

        return bestLength < MinLength || (bestLength == MinLength && bestDistance > FarForThree) ? default : (bestLength, bestDistance);
    }

    private static int CommonLength(ReadOnlySpan<byte> earlier, ReadOnlySpan<byte> next)
    {
        int length = 0;
        while (length + sizeof(ulong) <= next.Length)
        {
            ulong difference = BinaryPrimitives.ReadUInt64LittleEndian(earlier[length..]) ^ BinaryPrimitives.ReadUInt64LittleEndian(next[length..]);
            if (difference != 0)
                return length + (BitOperations.TrailingZeroCount(difference) / 8);
            length += sizeof(ulong);
        }

        while (length < next.Length && earlier[length] == next[length])
            length++;
        return length;
    }

    private static int[] NewTable(int size)
    {
        int[] table = new int[size];
        Array.Fill(table, -1);
        return table;
    }

    private int HashAt(int position)
    {
        uint three = BinaryPrimitives.ReadUInt32LittleEndian(data.Span[position..]) & 0xffffff;
        return (int)((three * 0x9E3779B1) >> (32 - HashBits));
    }
}
