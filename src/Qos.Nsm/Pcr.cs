using System.Security.Cryptography;
using System.Text;

namespace Qos.Nsm;

/// <summary>Arithmetic of platform configuration registers over SHA-384. Format: docs/protocol/nsm.md, Device; manifest.md, PCR3.</summary>
public static class Pcr
{
    /// <summary>The length of a PCR in bytes.</summary>
    public const int Size = SHA384.HashSizeInBytes;

    /// <summary>How many PCRs a Nitro enclave has.</summary>
    public const int Count = 32;

    /// <summary>The PCR's value after it was extended: SHA384(old || data).</summary>
    /// <param name="old">Its value before, 48 bytes.</param>
    /// <param name="data">What it is extended with.</param>
    /// <exception cref="ArgumentException"><paramref name="old"/> has another length.</exception>
    public static byte[] Extend(ReadOnlySpan<byte> old, ReadOnlySpan<byte> data)
    {
        if (old.Length != Size)
            throw new ArgumentException($"A PCR has {Size} bytes, this one {old.Length}.", nameof(old));

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA384);
        hash.AppendData(old);
        hash.AppendData(data);
        return hash.GetHashAndReset();
    }

    /// <summary>PCR3 of an enclave whose parent instance has this IAM role: SHA384(48 zero bytes || ARN).</summary>
    public static byte[] FromRoleArn(string arn)
    {
        ArgumentException.ThrowIfNullOrEmpty(arn);
        return Extend(stackalloc byte[Size], Encoding.UTF8.GetBytes(arn));
    }
}
