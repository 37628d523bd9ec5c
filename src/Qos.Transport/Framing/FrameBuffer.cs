using System.Buffers;
using System.Security.Cryptography;

namespace Qos.Transport;

/// <summary>
/// A message body in memory of the pool. It grows with what is written to it, and its bytes are wiped before the memory
/// goes back, for they may hold secrets (format: docs/protocol/messages.md, Transport).
/// </summary>
public sealed class FrameBuffer : IDisposable
{
    private const int First = 4 * 1024;

    // Larger arrays are left to the collector: the pool would keep them for good.
    private const int LargestPooled = 1024 * 1024;

    private byte[] _bytes = [];
    private int _length;

    /// <summary>The bytes so far.</summary>
    public ReadOnlyMemory<byte> Memory => _bytes.AsMemory(0, _length);

    /// <summary>The bytes so far.</summary>
    public ReadOnlySpan<byte> Span => _bytes.AsSpan(0, _length);

    /// <summary>How many bytes there are.</summary>
    public int Length => _length;

    /// <summary>How many bytes of memory are held for them.</summary>
    public int Capacity => _bytes.Length;

    /// <summary>Free memory behind the bytes, at least one byte; at most doubles what is held.</summary>
    /// <param name="atMost">More than this will not be written.</param>
    internal Memory<byte> Free(long atMost)
    {
        if (_length == _bytes.Length)
            Grow(atMost);
        return _bytes.AsMemory(_length);
    }

    /// <summary>Counts bytes that were written to <see cref="Free"/>.</summary>
    internal void Advance(int count) => _length += count;

    /// <summary>Wipes the bytes and gives the memory back.</summary>
    public void Dispose()
    {
        Release(_bytes, _length);
        _bytes = [];
        _length = 0;
    }

    /// <summary>Takes memory of the pool, or plain memory where the pool should not keep it.</summary>
    internal static byte[] Rent(int length) =>
        length <= LargestPooled ? ArrayPool<byte>.Shared.Rent(length) : GC.AllocateUninitializedArray<byte>(length);

    /// <summary>Wipes what was used and gives the memory back.</summary>
    internal static void Release(byte[] bytes, int used)
    {
        CryptographicOperations.ZeroMemory(bytes.AsSpan(0, used));
        if (bytes.Length is > 0 and <= LargestPooled)
            ArrayPool<byte>.Shared.Return(bytes);
    }

    private void Grow(long atMost)
    {
        long doubled = Math.Max(First, 2L * _bytes.Length);
        byte[] larger = Rent((int)Math.Min(doubled, _length + Math.Max(1, atMost)));
        _bytes.AsSpan(0, _length).CopyTo(larger);
        Release(_bytes, _length);
        _bytes = larger;
    }
}
