using System.Runtime.InteropServices;

namespace Qos.Keys;

/// <summary>
/// GF(2^8) modulo x^8+x^4+x^3+x+1, eight elements to a word. Time and memory accesses depend on no element: no tables, and the one
/// branch is on the bits of a factor that is public.
/// </summary>
internal static class Field256
{
    /// <summary>Elements to a word.</summary>
    internal const int Width = sizeof(ulong);

    private const ulong LowBits = 0x7f7f7f7f7f7f7f7f;
    private const ulong OneEach = 0x0101010101010101;
    private const ulong Reduction = 0x1b;

    /// <summary>The product of two public elements.</summary>
    internal static byte Multiply(byte a, byte b) => (byte)Multiply((ulong)a, b);

    /// <summary>1/a of a public element other than 0: a^254.</summary>
    internal static byte Invert(byte a)
    {
        // 254 = 2 + 4 + ... + 128.
        byte square = a;
        byte product = 1;
        for (int i = 0; i < 7; i++)
        {
            square = Multiply(square, square);
            product = Multiply(product, square);
        }

        return product;
    }

    /// <summary>accumulator = accumulator * factor + addend, element by element; lengths are multiples of <see cref="Width"/>.</summary>
    internal static void MultiplyThenAdd(Span<byte> accumulator, byte factor, ReadOnlySpan<byte> addend)
    {
        Span<ulong> words = MemoryMarshal.Cast<byte, ulong>(accumulator);
        ReadOnlySpan<ulong> addends = MemoryMarshal.Cast<byte, ulong>(addend);
        for (int i = 0; i < words.Length; i++)
            words[i] = Multiply(words[i], factor) ^ addends[i];
    }

    /// <summary>accumulator = accumulator + elements * factor, element by element; lengths are multiples of <see cref="Width"/>.</summary>
    internal static void AddMultiple(Span<byte> accumulator, ReadOnlySpan<byte> elements, byte factor)
    {
        Span<ulong> words = MemoryMarshal.Cast<byte, ulong>(accumulator);
        ReadOnlySpan<ulong> others = MemoryMarshal.Cast<byte, ulong>(elements);
        for (int i = 0; i < words.Length; i++)
            words[i] ^= Multiply(others[i], factor);
    }

    // Shift and mask: the elements doubled once for each bit of the factor, added where that bit is set.
    private static ulong Multiply(ulong elements, byte publicFactor)
    {
        ulong product = 0;
        for (int bits = publicFactor; bits != 0; bits >>= 1)
        {
            product ^= elements & (0UL - (ulong)(bits & 1));
            elements = ((elements & LowBits) << 1) ^ (((elements >> 7) & OneEach) * Reduction);
        }

        return product;
    }
}
