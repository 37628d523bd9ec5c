namespace Qos.Keys;

/// <summary>
/// A secret's bytes: outside the garbage collector's heap (so never copied by it), between guard pages, locked into RAM where
/// the limits allow it, left out of core dumps, and wiped when disposed of.
/// </summary>
/// <remarks>
/// Hold it in a <c>using</c>. A span taken from it must not outlive it: <see cref="Span"/> is for the owner, who knows when it is
/// disposed of; <see cref="Borrow"/> keeps the memory alive where another thread may dispose of the owner.
/// Format: docs/protocol/keys.md, Secrets in memory.
/// </remarks>
public sealed class SecretMemory : IDisposable
{
    private readonly SodiumMemoryHandle _handle;

    private SecretMemory(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        _handle = SodiumMemoryHandle.Allocate(length);
        Length = length;
    }

    /// <summary>The number of bytes.</summary>
    public int Length { get; }

    /// <summary>The bytes, valid until this object is disposed of.</summary>
    /// <exception cref="ObjectDisposedException">The secret is already wiped.</exception>
    public unsafe Span<byte> Span
    {
        get
        {
            ObjectDisposedException.ThrowIf(_handle.IsClosed, this);
            return new Span<byte>((void*)_handle.DangerousGetHandle(), Length);
        }
    }

    /// <summary>Zeroed secret memory of <paramref name="length"/> bytes.</summary>
    /// <exception cref="InvalidOperationException">libsodium is missing.</exception>
    public static SecretMemory Allocate(int length) => new(length);

    /// <summary>A copy; the caller still has to wipe <paramref name="secret"/>.</summary>
    public static SecretMemory CopyOf(ReadOnlySpan<byte> secret)
    {
        SecretMemory copy = new(secret.Length);
        secret.CopyTo(copy.Span);
        return copy;
    }

    /// <summary>The bytes together with a hold on them: a concurrent <see cref="Dispose"/> wipes only after the hold is given back.</summary>
    /// <exception cref="ObjectDisposedException">The secret is already wiped.</exception>
    public SecretBorrow Borrow() => new(_handle, Length);

    /// <summary>Wipes and releases the bytes.</summary>
    public void Dispose() => _handle.Dispose();

    /// <summary>Says that there is a secret, and nothing about it.</summary>
    public override string ToString() => "(secret)";
}
