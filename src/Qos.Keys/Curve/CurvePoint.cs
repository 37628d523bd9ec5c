using Qos.Native;

namespace Qos.Keys;

/// <summary>One point of P-256 in libcrypto; wiped when released.</summary>
internal readonly ref struct CurvePoint : IDisposable
{
    /// <summary>SEC1 uncompressed: 04 || x || y.</summary>
    internal const int Size = 65;

    public CurvePoint() => Handle = LibCryptoCall.Require(LibCrypto.EC_POINT_new(P256.Group));

    internal nint Handle { get; }

    /// <summary>Reads an uncompressed point; false unless it lies on the curve with both coordinates below the prime.</summary>
    internal unsafe bool TryRead(ReadOnlySpan<byte> bytes, BigNumberScope scope)
    {
        // Only the form 04: libcrypto would take the hybrid forms too. Of this length, infinity cannot be written.
        if (bytes.Length != Size || bytes[0] != LibCrypto.POINT_CONVERSION_UNCOMPRESSED)
            return false;

        fixed (byte* first = bytes)
        {
            if (LibCrypto.EC_POINT_oct2point(P256.Group, Handle, first, Size, scope.Handle) == 1)
                return true;
        }

        LibCrypto.ERR_clear_error();
        return false;
    }

    internal unsafe void Write(Span<byte> destination, BigNumberScope scope)
    {
        fixed (byte* first = destination[..Size])
        {
            LibCryptoCall.Require(
                LibCrypto.EC_POINT_point2oct(P256.Group, Handle, LibCrypto.POINT_CONVERSION_UNCOMPRESSED, first, Size, scope.Handle) == Size);
        }
    }

    internal void WriteX(BigNumber x, BigNumberScope scope) =>
        LibCryptoCall.Require(LibCrypto.EC_POINT_get_affine_coordinates(P256.Group, Handle, x.Handle, 0, scope.Handle) == 1);

    public void Dispose() => LibCrypto.EC_POINT_clear_free(Handle);
}
