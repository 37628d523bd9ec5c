using System.Buffers;

namespace Qos.Serialization;

/// <summary>Bytes that grow at the end, in a pooled array or towards another writer.</summary>
internal sealed class ByteBuffer : IDisposable
{
    private const int FirstCapacity = 256;

    // The pool would keep larger arrays for as long as it likes, and memory is counted in the enclave.
    private const int LargestPooled = 1024 * 1024;

    private readonly IBufferWriter<byte>? _output;
    private byte[] _bytes = [];
    private int _count;

    public ByteBuffer()
    {
    }

    public ByteBuffer(IBufferWriter<byte> output) => _output = output;

    /// <summary>How many bytes have been written.</summary>
    public long Count { get; private set; }

    /// <summary>What has been written; only without another writer.</summary>
    public Span<byte> Written => _output is null
        ? _bytes.AsSpan(0, _count)
        : throw new InvalidOperationException("The bytes went to the buffer writer that was given.");

    /// <summary>What has been written; only without another writer.</summary>
    public ReadOnlyMemory<byte> WrittenMemory => _bytes.AsMemory(0, _count);

    /// <summary>Space at the end for at least so many bytes; <see cref="Advance"/> says how many were used.</summary>
    public Span<byte> Reserve(int atLeast)
    {
        if (_output is not null)
            return _output.GetSpan(atLeast);
        if (_bytes.Length - _count < atLeast)
            Grow(atLeast);
        return _bytes.AsSpan(_count);
    }

    public void Advance(int count)
    {
        if (_output is null)
            _count += count;
        else
            _output.Advance(count);
        Count += count;
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (_output is not null)
        {
            _output.Write(bytes);
            Count += bytes.Length;
            return;
        }

        bytes.CopyTo(Reserve(bytes.Length));
        Advance(bytes.Length);
    }

    public void WriteByte(byte value)
    {
        Reserve(1)[0] = value;
        Advance(1);
    }

    /// <summary>Forgets everything behind the first bytes; only without another writer.</summary>
    public void Truncate(int count)
    {
        _count = count;
        Count = count;
    }

    public void Dispose()
    {
        Release();
        _bytes = [];
        Truncate(0);
    }

    private void Grow(int atLeast)
    {
        long needed = Math.Max((long)_count + atLeast, Math.Max(FirstCapacity, Math.Min(_bytes.Length * 2L, Array.MaxLength)));
        byte[] larger = needed <= LargestPooled
            ? ArrayPool<byte>.Shared.Rent((int)needed)
            : GC.AllocateUninitializedArray<byte>(checked((int)needed));
        _bytes.AsSpan(0, _count).CopyTo(larger);
        Release();
        _bytes = larger;
    }

    private void Release()
    {
        if (_bytes.Length is > 0 and <= LargestPooled)
            ArrayPool<byte>.Shared.Return(_bytes);
    }
}
