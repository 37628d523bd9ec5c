using System.Security.Cryptography;

namespace Qos.AppService;

/// <summary>
/// Bytes of a connection that may be secret: never moved, so never copied, by the garbage collector, and wiped when they have been used. It grows to
/// what is needed and is small again afterwards.
/// </summary>
internal sealed class WipedBuffer(int usual) : IDisposable
{
    private byte[] _bytes = GC.AllocateArray<byte>(usual, pinned: true);

    /// <summary>How many bytes are in it.</summary>
    internal int Length { get; private set; }

    internal Span<byte> Span => _bytes.AsSpan(0, Length);

    internal ReadOnlyMemory<byte> Memory => _bytes.AsMemory(0, Length);

    /// <summary>Room behind what is in it; what is written there counts after <see cref="Advance"/>.</summary>
    internal Memory<byte> Free => _bytes.AsMemory(Length);

    internal void Advance(int count) => Length += count;

    /// <summary>Makes sure that this many bytes fit in all.</summary>
    internal void Reserve(int capacity)
    {
        if (capacity <= _bytes.Length)
            return;
        byte[] larger = GC.AllocateArray<byte>(capacity, pinned: true);
        Span.CopyTo(larger);
        CryptographicOperations.ZeroMemory(Span);
        _bytes = larger;
    }

    internal void Write(ReadOnlySpan<byte> bytes)
    {
        Reserve(Length + bytes.Length);
        bytes.CopyTo(_bytes.AsSpan(Length));
        Length += bytes.Length;
    }

    /// <summary>Wipes the first bytes and moves the others, of which there are few, to the front.</summary>
    internal void Consume(int count)
    {
        int rest = Length - count;
        byte[] kept = rest <= usual && _bytes.Length > usual ? GC.AllocateArray<byte>(usual, pinned: true) : _bytes;
        Span[count..].CopyTo(kept);
        if (kept != _bytes)
            CryptographicOperations.ZeroMemory(Span);
        else
            CryptographicOperations.ZeroMemory(Span[rest..]);
        _bytes = kept;
        Length = rest;
    }

    /// <summary>Wipes everything.</summary>
    public void Dispose() => CryptographicOperations.ZeroMemory(_bytes);
}
