namespace Qos.Native;

/// <summary>P-384, on which Nitro's certificates and documents are signed. The calls are those of the curves' and ECDSA's files.</summary>
internal static partial class LibCrypto
{
    /// <summary>OpenSSL's number for secp384r1.</summary>
    internal const int NID_secp384r1 = 715;
}
