using Qos.Native;

namespace Qos.Keys;

/// <summary>libcrypto's scratch numbers for one computation; wiped when released.</summary>
internal readonly ref struct BigNumberScope : IDisposable
{
    public BigNumberScope() => Handle = LibCryptoCall.Require(LibCrypto.BN_CTX_secure_new());

    internal nint Handle { get; }

    public void Dispose() => LibCrypto.BN_CTX_free(Handle);
}
