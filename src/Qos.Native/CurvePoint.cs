namespace Qos.Native;

/// <summary>One point of a curve in libcrypto; wiped when released.</summary>
internal readonly ref struct CurvePoint : IDisposable
{
    private readonly EcdsaCurve _curve;

    internal CurvePoint(EcdsaCurve curve)
    {
        _curve = curve;
        Handle = LibCrypto.Require(LibCrypto.EC_POINT_new(curve.Group));
    }

    internal nint Handle { get; }

    /// <summary>Reads an uncompressed point; false unless it lies on the curve with both coordinates below the prime.</summary>
    internal bool TryRead(ReadOnlySpan<byte> bytes, BigNumberScope scope) =>

        // Only the form 04: libcrypto would take the hybrid forms too. The point at infinity has another length.
        bytes.Length == _curve.PointSize && bytes[0] == LibCrypto.POINT_CONVERSION_UNCOMPRESSED && TryReadAny(bytes, scope);

    /// <summary>Reads a compressed point; false unless it lies on the curve with x below the prime.</summary>
    internal bool TryReadCompressed(ReadOnlySpan<byte> bytes, BigNumberScope scope) =>
        bytes.Length == _curve.ScalarSize + 1 && bytes[0] is 2 or 3 && TryReadAny(bytes, scope);

    private unsafe bool TryReadAny(ReadOnlySpan<byte> bytes, BigNumberScope scope)
    {
        fixed (byte* first = bytes)
        {
            if (LibCrypto.EC_POINT_oct2point(_curve.Group, Handle, first, (nuint)bytes.Length, scope.Handle) == 1)
                return true;
        }

        LibCrypto.ERR_clear_error();
        return false;
    }

    internal unsafe void Write(Span<byte> destination, BigNumberScope scope)
    {
        fixed (byte* first = destination[.._curve.PointSize])
        {
            LibCrypto.Require(
                LibCrypto.EC_POINT_point2oct(_curve.Group, Handle, LibCrypto.POINT_CONVERSION_UNCOMPRESSED, first, (nuint)_curve.PointSize, scope.Handle)
                == (nuint)_curve.PointSize);
        }
    }

    internal void WriteX(BigNumber x, BigNumberScope scope) =>
        LibCrypto.Require(LibCrypto.EC_POINT_get_affine_coordinates(_curve.Group, Handle, x.Handle, 0, scope.Handle) == 1);

    public void Dispose() => LibCrypto.EC_POINT_clear_free(Handle);
}
