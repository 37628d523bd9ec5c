using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace Qos.Serialization;

/// <summary>Reads Borsh, value by value (format: docs/protocol/encoding.md, Borsh).</summary>
/// <remarks>
/// Every count is checked against what is left before anything is allocated. Bad input throws <see cref="EncodingException"/>. Pass it on by reference.
/// </remarks>
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
    public byte ReadByte() => ReadFixed(1)[0];

    /// <summary>Reads 16 bits.</summary>
    public ushort ReadUInt16() => BinaryPrimitives.ReadUInt16LittleEndian(ReadFixed(2));

    /// <summary>Reads 32 bits.</summary>
    public uint ReadUInt32() => BinaryPrimitives.ReadUInt32LittleEndian(ReadFixed(4));

    /// <summary>Reads 64 bits.</summary>
    public ulong ReadUInt64() => BinaryPrimitives.ReadUInt64LittleEndian(ReadFixed(8));

    /// <summary>Reads a bool: one byte, 0 or 1 and nothing else.</summary>
    public bool ReadBool() => ZeroOrOne("a bool");

    /// <summary>Reads whether an option has a value, which comes next if so.</summary>
    public bool ReadOption() => ZeroOrOne("an option");

    /// <summary>Reads an enumeration's variant.</summary>
    /// <param name="count">How many variants there are.</param>
    /// <returns>The variant's index, below <paramref name="count"/>.</returns>
    public byte ReadVariant(int count)
    {
        byte index = ReadByte();
        return index < count ? index : throw new EncodingException($"unknown variant {index} of {count}", Offset - 1);
    }

    /// <summary>Reads the bytes of a fixed array; they stay where they are.</summary>
    /// <param name="length">How many.</param>
    public ReadOnlySpan<byte> ReadFixed(int length)
    {
        if (length > Remaining)
            throw new EncodingException($"{length} bytes are expected and {Remaining} are left", Offset);
        ReadOnlySpan<byte> value = _bytes.Slice(Offset, length);
        Offset += length;
        return value;
    }

    /// <summary>Reads a byte vector; it stays where it is.</summary>
    public ReadOnlySpan<byte> ReadByteSpan() => ReadFixed(ReadCount(1));

    /// <summary>Reads a byte vector into an array of its own.</summary>
    /// <param name="max">How many bytes it may have.</param>
    public byte[] ReadBytes(int max) => Bounded(max).ToArray();

    /// <summary>Reads a string, which must be UTF-8.</summary>
    /// <param name="maxBytes">How many bytes it may have.</param>
    public string ReadString(int maxBytes)
    {
        int start = Offset;
        ReadOnlySpan<byte> value = Bounded(maxBytes);
        return Utf8.IsValid(value)
            ? Encoding.UTF8.GetString(value)
            : throw new EncodingException("a string must be UTF-8", start);
    }

    /// <summary>Reads a vector's count of elements.</summary>
    /// <param name="minElementSize">The least number of bytes that an element takes, at least 1: more elements than fit are refused.</param>
    public int ReadCount(int minElementSize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(minElementSize, 1);
        uint count = ReadUInt32();
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
        ReadOnlySpan<byte> value = ReadByteSpan();
        return value.Length <= max ? value : throw new EncodingException($"more than {max} bytes", start);
    }

    private bool ZeroOrOne(string what) => ReadByte() switch
    {
        0 => false,
        1 => true,
        byte other => throw new EncodingException($"{what} must be 0 or 1 and is {other}", Offset - 1),
    };
}
