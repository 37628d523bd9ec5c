using System.Security.Cryptography;

namespace Qos.Node;

/// <summary>
/// The part of a message that is kept in memory: grows with what has arrived, within the message's limit and everybody's budget, and is
/// cleared when it is let go.
/// </summary>
internal sealed class RetainedBytes(IntakeBudget budget, int limit) : IDisposable
{
    private const int FirstCapacity = 512;

    private byte[] _buffer = [];

    internal int Length { get; private set; }

    internal ReadOnlySpan<byte> Span => _buffer.AsSpan(0, Length);

    /// <summary>The bytes, until they are let go.</summary>
    internal ReadOnlyMemory<byte> Memory => _buffer.AsMemory(0, Length);

    /// <summary>Appends bytes; false, and nothing changed, when there is no room for them.</summary>
    internal bool TryAppend(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > limit - Length || !TryMakeRoom(Length + bytes.Length))
            return false;
        bytes.CopyTo(_buffer.AsSpan(Length));
        Length += bytes.Length;
        return true;
    }

    /// <summary>Drops what follows the first bytes.</summary>
    internal void Truncate(int length)
    {
        CryptographicOperations.ZeroMemory(_buffer.AsSpan(length, Length - length));
        Length = length;
    }

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_buffer);
        budget.GiveBack(_buffer.Length);
        _buffer = [];
        Length = 0;
    }

    private bool TryMakeRoom(int needed)
    {
        if (needed <= _buffer.Length)
            return true;
        int capacity = (int)Math.Min(limit, Math.Max(Math.Max(needed, 2L * _buffer.Length), FirstCapacity));
        if (!budget.TryTake(capacity))
            return false;

        // No other place still has these bytes when the message is done, so the outgrown buffer is cleared as well.
        byte[] grown = new byte[capacity];
        Span.CopyTo(grown);
        CryptographicOperations.ZeroMemory(_buffer);
        budget.GiveBack(_buffer.Length);
        _buffer = grown;
        return true;
    }
}

/// <summary>Caps the memory held by all messages that are still arriving. Format: docs/protocol/messages.md, Transport ("Ours").</summary>
internal sealed class IntakeBudget(long limit)
{
    private long _taken;

    internal long Taken => Interlocked.Read(ref _taken);

    internal bool TryTake(int bytes)
    {
        if (Interlocked.Add(ref _taken, bytes) <= limit)
            return true;
        Interlocked.Add(ref _taken, -bytes);
        return false;
    }

    internal void GiveBack(int bytes) => Interlocked.Add(ref _taken, -bytes);
}
