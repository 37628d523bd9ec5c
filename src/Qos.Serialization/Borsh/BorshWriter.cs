using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace Qos.Serialization;

/// <summary>Writes Borsh (format: docs/protocol/encoding.md, Borsh); the mirror of <see cref="BorshReader"/>.</summary>
/// <remarks>The bytes lie in a pooled array, which <see cref="Dispose"/> gives back without wiping it: no place for plain secrets.</remarks>
public sealed class BorshWriter : IDisposable
{
    private readonly ByteBuffer _buffer;

    /// <summary>Writes into memory: see <see cref="Written"/> and <see cref="ToArray"/>.</summary>
    public BorshWriter() => _buffer = new ByteBuffer();

    /// <summary>Writes to <paramref name="output"/>.</summary>
    public BorshWriter(IBufferWriter<byte> output) => _buffer = new ByteBuffer(output);

    /// <summary>What has been written, until the next write or <see cref="Dispose"/>.</summary>
    /// <exception cref="InvalidOperationException">The bytes went to a buffer writer.</exception>
    public ReadOnlySpan<byte> Written => _buffer.Written;

    /// <summary>What has been written, in an array of its own.</summary>
    public byte[] ToArray() => Written.ToArray();

    /// <summary>Writes one byte.</summary>
    public void WriteByte(byte value) => _buffer.WriteByte(value);

    /// <summary>Writes 16 bits.</summary>
    public void WriteUInt16(ushort value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(_buffer.Reserve(2), value);
        _buffer.Advance(2);
    }

    /// <summary>Writes 32 bits.</summary>
    public void WriteUInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_buffer.Reserve(4), value);
        _buffer.Advance(4);
    }

    /// <summary>Writes 64 bits.</summary>
    public void WriteUInt64(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(_buffer.Reserve(8), value);
        _buffer.Advance(8);
    }

    /// <summary>Writes a bool as 0 or 1.</summary>
    public void WriteBool(bool value) => WriteByte(value ? (byte)1 : (byte)0);

    /// <summary>Writes whether an option has a value, which must be written next if so.</summary>
    public void WriteOption(bool hasValue) => WriteBool(hasValue);

    /// <summary>Writes the index of an enumeration's variant, from 0 to 255; its fields come next.</summary>
    public void WriteVariant(int index) => WriteByte(checked((byte)index));

    /// <summary>Writes the bytes of a fixed array, without a count.</summary>
    public void WriteFixed(ReadOnlySpan<byte> bytes) => _buffer.Write(bytes);

    /// <summary>Writes a byte vector.</summary>
    public void WriteBytes(ReadOnlySpan<byte> bytes)
    {
        WriteCount(bytes.Length);
        _buffer.Write(bytes);
    }

    /// <summary>Writes a vector's count of elements; the elements come next.</summary>
    public void WriteCount(int count) => WriteUInt32(checked((uint)count));

    /// <summary>Writes a string.</summary>
    /// <exception cref="EncodingException">It holds a lone surrogate.</exception>
    public void WriteString(string value)
    {
        int length = Encoding.UTF8.GetByteCount(value);
        WriteCount(length);
        if (Utf8.FromUtf16(value, _buffer.Reserve(length), out _, out int written, replaceInvalidSequences: false) != OperationStatus.Done)
            throw new EncodingException("the string holds a lone surrogate", -1);
        _buffer.Advance(written);
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose() => _buffer.Dispose();
}
