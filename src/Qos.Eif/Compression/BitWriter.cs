namespace Qos.Eif;

/// <summary>Bits, lowest first, into bytes (RFC 1951, 3.1.1).</summary>
internal sealed class BitWriter(Stream output)
{
    private readonly byte[] _buffer = new byte[EifFormat.BufferSize];
    private int _filled;
    private ulong _bits;
    private int _bitCount;
    private long _written;

    /// <param name="value">The bits; those above <paramref name="count"/> are zero.</param>
    /// <param name="count">0 to 32.</param>
    public void Write(uint value, int count)
    {
        _bits |= (ulong)value << _bitCount;
        _bitCount += count;
        while (_bitCount >= 8)
        {
            WriteByte((byte)_bits);
            _bits >>= 8;
            _bitCount -= 8;
        }
    }

    /// <summary>Zeros up to the next byte.</summary>
    public void Align()
    {
        if (_bitCount > 0)
            Write(0, 8 - _bitCount);
    }

    /// <summary>Whole bytes; the writer is aligned.</summary>
    public void WriteBytes(ReadOnlySpan<byte> bytes)
    {
        foreach (byte value in bytes)
            WriteByte(value);
    }

    /// <summary>Aligns and hands everything over.</summary>
    /// <returns>The bytes that were written from the start.</returns>
    public long Finish()
    {
        Align();
        Flush();
        return _written;
    }

    private void WriteByte(byte value)
    {
        if (_filled == _buffer.Length)
            Flush();
        _buffer[_filled++] = value;
    }

    private void Flush()
    {
        output.Write(_buffer, 0, _filled);
        _written += _filled;
        _filled = 0;
    }
}
