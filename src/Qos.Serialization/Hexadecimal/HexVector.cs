using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Qos.Serialization;

/// <summary>The loops behind <see cref="Hex"/>, in the widest vectors that the processor has.</summary>
/// <remarks>
/// A boot request holds 120 MiB of digits and is answered in half a second, so a digit may cost a small part of a nanosecond.
/// None of the loops branches on single characters: validity is gathered and looked at once for each step. Source and destination must not overlap.
/// </remarks>
internal static class HexVector
{
    /// <summary>Decodes digits; the destination is exactly half as long. False if a character is no digit.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> digits, Span<byte> destination)
    {
        ref byte source = ref MemoryMarshal.GetReference(digits);
        ref byte target = ref MemoryMarshal.GetReference(destination);
        nuint done = 0;
        nuint length = (nuint)destination.Length;

        if (Vector512.IsHardwareAccelerated)
        {
            for (; length - done >= 64; done += 64)
            {
                Vector512<byte> valid = Vector512<byte>.AllBitsSet;
                Vector512<ushort> lower = Pair(Vector512.LoadUnsafe(ref source, done * 2), ref valid);
                Vector512<ushort> upper = Pair(Vector512.LoadUnsafe(ref source, (done * 2) + 64), ref valid);
                if (valid != Vector512<byte>.AllBitsSet)
                    return false;
                Vector512.Narrow(lower, upper).StoreUnsafe(ref target, done);
            }
        }

        if (Vector256.IsHardwareAccelerated)
        {
            for (; length - done >= 32; done += 32)
            {
                Vector256<byte> valid = Vector256<byte>.AllBitsSet;
                Vector256<ushort> lower = Pair(Vector256.LoadUnsafe(ref source, done * 2), ref valid);
                Vector256<ushort> upper = Pair(Vector256.LoadUnsafe(ref source, (done * 2) + 32), ref valid);
                if (valid != Vector256<byte>.AllBitsSet)
                    return false;
                Vector256.Narrow(lower, upper).StoreUnsafe(ref target, done);
            }
        }

        if (Vector128.IsHardwareAccelerated)
        {
            for (; length - done >= 16; done += 16)
            {
                if (!TryDecode16(ref source, ref target, done))
                    return false;
            }

            // The rest together with bytes that are done already: one step more instead of up to 15 single bytes.
            if (length >= 16)
                return done == length || TryDecode16(ref source, ref target, length - 16);
        }

        return TryDecodeEach(digits[(int)(done * 2)..], destination[(int)done..]);
    }

    /// <summary>Writes lower-case digits; the destination is exactly twice as long.</summary>
    public static void Encode(ReadOnlySpan<byte> bytes, Span<byte> destination)
    {
        ref byte source = ref MemoryMarshal.GetReference(bytes);
        ref byte target = ref MemoryMarshal.GetReference(destination);
        nuint done = 0;
        nuint length = (nuint)bytes.Length;

        if (Vector512.IsHardwareAccelerated)
        {
            for (; length - done >= 64; done += 64)
            {
                (Vector512<ushort> lower, Vector512<ushort> upper) = Vector512.Widen(Vector512.LoadUnsafe(ref source, done));
                Digits(lower).StoreUnsafe(ref target, done * 2);
                Digits(upper).StoreUnsafe(ref target, (done * 2) + 64);
            }
        }

        if (Vector256.IsHardwareAccelerated)
        {
            for (; length - done >= 32; done += 32)
            {
                (Vector256<ushort> lower, Vector256<ushort> upper) = Vector256.Widen(Vector256.LoadUnsafe(ref source, done));
                Digits(lower).StoreUnsafe(ref target, done * 2);
                Digits(upper).StoreUnsafe(ref target, (done * 2) + 32);
            }
        }

        if (Vector128.IsHardwareAccelerated)
        {
            for (; length - done >= 16; done += 16)
                Encode16(ref source, ref target, done);
            if (length >= 16)
            {
                if (done < length)
                    Encode16(ref source, ref target, length - 16);
                return;
            }
        }

        Hex.EncodeSecret(bytes[(int)done..], destination[(int)(done * 2)..]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryDecode16(ref byte source, ref byte target, nuint done)
    {
        Vector128<byte> valid = Vector128<byte>.AllBitsSet;
        Vector128<ushort> lower = Pair(Vector128.LoadUnsafe(ref source, done * 2), ref valid);
        Vector128<ushort> upper = Pair(Vector128.LoadUnsafe(ref source, (done * 2) + 16), ref valid);
        Vector128.Narrow(lower, upper).StoreUnsafe(ref target, done);
        return valid == Vector128<byte>.AllBitsSet;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Encode16(ref byte source, ref byte target, nuint done)
    {
        (Vector128<ushort> lower, Vector128<ushort> upper) = Vector128.Widen(Vector128.LoadUnsafe(ref source, done));
        Digits(lower).StoreUnsafe(ref target, done * 2);
        Digits(upper).StoreUnsafe(ref target, (done * 2) + 16);
    }

    private static bool TryDecodeEach(ReadOnlySpan<byte> digits, Span<byte> destination)
    {
        int refused = 0;
        for (int i = 0; i < destination.Length; i++)
            destination[i] = (byte)((Hex.ValueOf(digits[2 * i], ref refused) << 4) | Hex.ValueOf(digits[(2 * i) + 1], ref refused));
        return refused == 0;
    }

    // Two neighbouring digits become one number below 256 in their 16 bits; little-endian, so the first digit is the low byte.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ushort> Pair(Vector512<byte> characters, ref Vector512<byte> valid)
    {
        Vector512<byte> digit = characters - Vector512.Create((byte)'0');
        Vector512<byte> letter = (characters | Vector512.Create((byte)0x20)) - Vector512.Create((byte)'a');
        Vector512<byte> isDigit = Vector512.LessThan(digit, Vector512.Create((byte)10));
        Vector512<byte> isLetter = Vector512.LessThan(letter, Vector512.Create((byte)6));
        valid &= isDigit | isLetter;
        Vector512<ushort> nibbles = Vector512.ConditionalSelect(isDigit, digit, letter + Vector512.Create((byte)10)).AsUInt16();
        return ((nibbles << 4) | (nibbles >> 8)) & Vector512.Create((ushort)0xff);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ushort> Pair(Vector256<byte> characters, ref Vector256<byte> valid)
    {
        Vector256<byte> digit = characters - Vector256.Create((byte)'0');
        Vector256<byte> letter = (characters | Vector256.Create((byte)0x20)) - Vector256.Create((byte)'a');
        Vector256<byte> isDigit = Vector256.Equals(Vector256.Min(digit, Vector256.Create((byte)9)), digit);
        Vector256<byte> isLetter = Vector256.Equals(Vector256.Min(letter, Vector256.Create((byte)5)), letter);
        valid &= isDigit | isLetter;
        Vector256<ushort> nibbles = Vector256.ConditionalSelect(isDigit, digit, letter + Vector256.Create((byte)10)).AsUInt16();
        return ((nibbles << 4) | (nibbles >> 8)) & Vector256.Create((ushort)0xff);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ushort> Pair(Vector128<byte> characters, ref Vector128<byte> valid)
    {
        Vector128<byte> digit = characters - Vector128.Create((byte)'0');
        Vector128<byte> letter = (characters | Vector128.Create((byte)0x20)) - Vector128.Create((byte)'a');
        Vector128<byte> isDigit = Vector128.Equals(Vector128.Min(digit, Vector128.Create((byte)9)), digit);
        Vector128<byte> isLetter = Vector128.Equals(Vector128.Min(letter, Vector128.Create((byte)5)), letter);
        valid &= isDigit | isLetter;
        Vector128<ushort> nibbles = Vector128.ConditionalSelect(isDigit, digit, letter + Vector128.Create((byte)10)).AsUInt16();
        return ((nibbles << 4) | (nibbles >> 8)) & Vector128.Create((ushort)0xff);
    }

    // The other way round: a byte in 16 bits becomes its upper nibble in the low byte and its lower nibble in the high one, then both digits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> Digits(Vector512<ushort> bytes)
    {
        Vector512<byte> nibbles = ((bytes >> 4) | (bytes << 8)).AsByte() & Vector512.Create((byte)0xf);
        Vector512<byte> letter = Vector512.GreaterThan(nibbles, Vector512.Create((byte)9));
        return nibbles + Vector512.Create((byte)'0') + (letter & Vector512.Create((byte)39));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Digits(Vector256<ushort> bytes)
    {
        Vector256<byte> nibbles = ((bytes >> 4) | (bytes << 8)).AsByte() & Vector256.Create((byte)0xf);
        Vector256<byte> letter = Vector256.GreaterThan(nibbles.AsSByte(), Vector256.Create((sbyte)9)).AsByte();
        return nibbles + Vector256.Create((byte)'0') + (letter & Vector256.Create((byte)39));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Digits(Vector128<ushort> bytes)
    {
        Vector128<byte> nibbles = ((bytes >> 4) | (bytes << 8)).AsByte() & Vector128.Create((byte)0xf);
        Vector128<byte> letter = Vector128.GreaterThan(nibbles.AsSByte(), Vector128.Create((sbyte)9)).AsByte();
        return nibbles + Vector128.Create((byte)'0') + (letter & Vector128.Create((byte)39));
    }
}
