using Microsoft.Win32.SafeHandles;
using Qos.Native;

namespace Qos.Keys;

/// <summary>Owns one block of sodium_malloc; releasing it wipes it, also when only the finalizer is left to do so.</summary>
internal sealed class SodiumMemoryHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    // Once per process, and thread-safe by the rules of static initialisation.
    private static readonly bool s_ready = Initialise();

    private SodiumMemoryHandle(nint pointer)
        : base(ownsHandle: true)
    {
        SetHandle(pointer);
    }

    /// <summary>A zeroed block of <paramref name="length"/> bytes.</summary>
    /// <exception cref="InvalidOperationException">libsodium is missing or has failed.</exception>
    /// <exception cref="InsufficientMemoryException">There is no memory for the block and its guard pages.</exception>
    internal static unsafe SodiumMemoryHandle Allocate(int length)
    {
        if (!s_ready)
            throw new InvalidOperationException("Secret memory needs libsodium, which could not be loaded: libsodium.so, of the package that NSec.Cryptography brings, belongs beside the program.");

        // The lock may fail under a low RLIMIT_MEMLOCK; libsodium then still gives guarded memory that is wiped when freed.
        nint pointer = LibSodium.sodium_malloc((nuint)length);
        if (pointer == 0)
            throw new InsufficientMemoryException("No memory for a secret: libsodium could not map guarded pages.");

        new Span<byte>((void*)pointer, length).Clear();
        return new SodiumMemoryHandle(pointer);
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        LibSodium.sodium_free(handle);
        return true;
    }

    private static bool Initialise()
    {
        try
        {
            return LibSodium.sodium_init() >= 0;
        }
        catch (DllNotFoundException)
        {
            return false;
        }
    }
}
