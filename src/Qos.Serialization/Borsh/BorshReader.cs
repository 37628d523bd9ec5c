using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Unicode;

namespace Qos.Serialization;

/// <summary>Reads Borsh, value by value (format: docs/protocol/encoding.md, Borsh).</summary>
/// <remarks>
/// Every count is checked against what is left before anything is allocated. Bad input throws <see cref="EncodingException"/>. Pass it on by reference.
/// </remarks>
[SuppressMessage("Naming", "CA1720", Justification = "String is what Borsh calls this value.")]
public ref struct BorshReader
{
    private readonly ReadOnlySpan<byte> _bytes;

    /// <summary>Starts to read.</summary>
    /// <param name="bytes">All of it: <see cref="End"/> refuses what is left over.</param>
    public BorshReader(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>How many bytes have been read.</summary>
    public int Offset { get; private set; }

    /// <summary>How many bytes are left.</summary>
    public readonly int Remaining => _bytes.Length - Offset;

    /// <summary>Reads one byte.</summary>
    public byte U8() => Fixed(1)[0];

    /// <summary>Reads 16 bits.</summary>
    public ushort U16() => BinaryPrimitives.ReadUInt16LittleEndian(Fixed(2));

    /// <summary>Reads 32 bits.</summary>
    public uint U32() => BinaryPrimitives.ReadUInt32LittleEndian(Fixed(4));

    /// <summary>Reads 64 bits.</summary>
    public ulong U64() => BinaryPrimitives.ReadUInt64LittleEndian(Fixed(8));

    /// <summary>Reads a bool: one byte, 0 or 1 and nothing else.</summary>
    public bool Bool() => ZeroOrOne("a bool");

    /// <summary>Reads whether an option has a value, which comes next if so.</summary>
    public bool Option() => ZeroOrOne("an option");

    /// <summary>Reads an enumeration's variant.</summary>
    /// <param name="count">How many variants there are.</param>
    /// <returns>The variant's index, below <paramref name="count"/>.</returns>
    public byte Variant(int count)
    {
        byte index = U8();
        return index < count ? index : throw new EncodingException($"unknown variant {index} of {count}", Offset - 1);
    }

    /// <summary>Reads the bytes of a fixed array; they stay where they are.</summary>
    /// <param name="length">How many.</param>
    public ReadOnlySpan<byte> Fixed(int length)
    {
        if (length > Remaining)
            throw new EncodingException($"{length} bytes are expected and {Remaining} are left", Offset);
        ReadOnlySpan<byte> value = _bytes.Slice(Offset, length);
        Offset += length;
        return value;
    }

    /// <summary>Reads a byte vector; it stays where it is.</summary>
    public ReadOnlySpan<byte> BytesSpan() => Fixed(Count(1));

    /// <summary>Reads a byte vector into an array of its own.</summary>
    /// <param name="max">How many bytes it may have.</param>
    public byte[] Bytes(int max) => Bounded(max).ToArray();

    /// <summary>Reads a string, which must be UTF-8.</summary>
    /// <param name="maxBytes">How many bytes it may have.</param>
    public string String(int maxBytes)
    {
        int start = Offset;
        ReadOnlySpan<byte> value = Bounded(maxBytes);
        return Utf8.IsValid(value)
            ? Encoding.UTF8.GetString(value)
            : throw new EncodingException("a string must be UTF-8", start);
    }

    /// <summary>Reads a vector's count of elements.</summary>
    /// <param name="minElementSize">The least number of bytes that an element takes, at least 1: more elements than fit are refused.</param>
    public int Count(int minElementSize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(minElementSize, 1);
        uint count = U32();
        return count * (ulong)minElementSize <= (ulong)Remaining
            ? (int)count
            : throw new EncodingException($"{count} elements are announced and only {Remaining} bytes are left", Offset - 4);
    }

    /// <summary>Says that everything has been read.</summary>
    public readonly void End()
    {
        if (Remaining != 0)
            throw new EncodingException($"{Remaining} bytes are left over", Offset);
    }

    /// <summary>The exception to throw for something wrong at the reader's place.</summary>
    /// <param name="what">What is wrong, without a full stop; it must not hold input that may be secret.</param>
    public readonly EncodingException Error(string what) => new(what, Offset);

    private ReadOnlySpan<byte> Bounded(int max)
    {
        int start = Offset;
        ReadOnlySpan<byte> value = BytesSpan();
        return value.Length <= max ? value : throw new EncodingException($"more than {max} bytes", start);
    }

    private bool ZeroOrOne(string what) => U8() switch
    {
        0 => false,
        1 => true,
        byte other => throw new EncodingException($"{what} must be 0 or 1 and is {other}", Offset - 1),
    };
}
