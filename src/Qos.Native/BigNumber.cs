namespace Qos.Native;

/// <summary>One libcrypto number of at most 32 bytes, marked for constant-time use and wiped when released.</summary>
internal readonly ref struct BigNumber : IDisposable
{
    private BigNumber(nint handle)
    {
        Handle = LibCrypto.Require(handle);
        LibCrypto.BN_set_flags(handle, LibCrypto.BN_FLG_CONSTTIME);
    }

    internal nint Handle { get; }

    internal static BigNumber Zero() => new(LibCrypto.BN_secure_new());

    internal static unsafe BigNumber FromBytes(ReadOnlySpan<byte> bigEndian)
    {
        BigNumber number = Zero();
        fixed (byte* bytes = bigEndian)
        {
            if (LibCrypto.BN_bin2bn(bytes, bigEndian.Length, number.Handle) == 0)
            {
                number.Dispose();
                throw LibCrypto.Failure();
            }
        }

        return number;
    }

    /// <summary>Writes a number that libcrypto owns, big-endian, over the whole destination.</summary>
    internal static unsafe void Write(nint number, Span<byte> destination)
    {
        fixed (byte* bytes = destination)
            LibCrypto.Require(LibCrypto.BN_bn2binpad(number, bytes, destination.Length) == destination.Length);
    }

    internal void Write(Span<byte> destination) => Write(Handle, destination);

    public void Dispose() => LibCrypto.BN_clear_free(Handle);
}

/// <summary>libcrypto's scratch numbers for one computation; wiped when released.</summary>
internal readonly ref struct BigNumberScope : IDisposable
{
    public BigNumberScope() => Handle = LibCrypto.Require(LibCrypto.BN_CTX_secure_new());

    internal nint Handle { get; }

    public void Dispose() => LibCrypto.BN_CTX_free(Handle);
}
