namespace Qos.Nsm;

/// <summary>
/// What is used of an X.509 certificate of the accepted profile: version 3, a P-384 key, signed with ECDSA and SHA-384, no critical
/// extension besides basicConstraints and keyUsage. Format: docs/protocol/nsm.md, Verification.
/// </summary>
internal sealed partial class NitroCertificate
{
    /// <summary>The part that is signed, with its DER header.</summary>
    public required ReadOnlyMemory<byte> ToBeSigned { get; init; }

    /// <summary>The issuer's name, DER.</summary>
    public required ReadOnlyMemory<byte> Issuer { get; init; }

    /// <summary>The subject's name, DER.</summary>
    public required ReadOnlyMemory<byte> Subject { get; init; }

    /// <summary>The first moment at which it is valid.</summary>
    public required DateTimeOffset NotBefore { get; init; }

    /// <summary>The last moment at which it is valid.</summary>
    public required DateTimeOffset NotAfter { get; init; }

    /// <summary>The public key, an uncompressed point of 97 bytes; whether it is on the curve is found when it is used.</summary>
    public required ReadOnlyMemory<byte> PublicKey { get; init; }

    /// <summary>The signature, r || s, 96 bytes.</summary>
    public required ReadOnlyMemory<byte> Signature { get; init; }

    /// <summary>Whether basicConstraints says that it is an authority.</summary>
    public required bool IsAuthority { get; init; }

    /// <summary>How many authorities may be below it; null for any number.</summary>
    public required int? PathLength { get; init; }

    /// <summary>Whether keyUsage is there and has keyCertSign.</summary>
    public required bool CanSignCertificates { get; init; }

    /// <summary>Whether keyUsage is absent or has digitalSignature.</summary>
    public required bool CanSignData { get; init; }
}
