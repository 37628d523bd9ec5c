using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Qos.Nsm;

/// <summary>A digest over the bytes of a certificate and of every one above it: SHA-256, each step over the step before and the bytes.</summary>
internal readonly record struct CertificatePath(UInt128 High, UInt128 Low)
{
    /// <summary>The path that ends with the trust anchor.</summary>
    public static CertificatePath Of(ReadOnlySpan<byte> anchor) => default(CertificatePath).Append(anchor);

    /// <summary>The path that goes one certificate further.</summary>
    public CertificatePath Append(ReadOnlySpan<byte> certificate)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        BinaryPrimitives.WriteUInt128BigEndian(digest, High);
        BinaryPrimitives.WriteUInt128BigEndian(digest[16..], Low);

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(digest);
        hash.AppendData(certificate);
        hash.GetHashAndReset(digest);
        return new(BinaryPrimitives.ReadUInt128BigEndian(digest), BinaryPrimitives.ReadUInt128BigEndian(digest[16..]));
    }
}
