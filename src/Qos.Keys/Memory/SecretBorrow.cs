using System.Runtime.InteropServices;

namespace Qos.Keys;

/// <summary>A hold on a <see cref="SecretMemory"/>'s bytes, given back by <see cref="Dispose"/>.</summary>
public ref struct SecretBorrow
{
    private SafeHandle? _handle;

    internal unsafe SecretBorrow(SafeHandle handle, int length)
    {
        bool held = false;
        handle.DangerousAddRef(ref held);
        _handle = handle;
        Span = new Span<byte>((void*)handle.DangerousGetHandle(), length);
    }

    /// <summary>The bytes, valid until this hold is given back.</summary>
    public Span<byte> Span { get; private set; }

    /// <summary>Gives the hold back.</summary>
    public void Dispose()
    {
        Span = default;
        SafeHandle? handle = _handle;
        _handle = null;
        handle?.DangerousRelease();
    }
}
