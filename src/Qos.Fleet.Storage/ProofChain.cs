using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Qos.Fleet.Storage;

/// <summary>
/// The hash of a boot proof's record: SHA-256 over a label, the hash before, the number, the time and every member, each with its length, so that no two
/// records have the same bytes. Anybody who keeps one hash can tell later whether anything before it was changed.
/// </summary>
public static class ProofChain
{
    /// <summary>What stands before the first record.</summary>
    public static ReadOnlyMemory<byte> Beginning { get; } = new byte[SHA256.HashSizeInBytes];

    private static ReadOnlySpan<byte> Label => "qos boot proof record v1"u8;

    /// <summary>The hash of a record whose <see cref="BootProofRecord.Sequence"/> is set.</summary>
    /// <param name="previous">The hash of the record before, 32 bytes.</param>
    /// <param name="record">The record.</param>
    public static byte[] Hash(ReadOnlySpan<byte> previous, BootProofRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        return Hash(previous, record, SHA256.HashData(record.Manifest.Span), SHA256.HashData(record.Envelope.Span));
    }

    internal static byte[] Hash(ReadOnlySpan<byte> previous, BootProofRecord record, ReadOnlySpan<byte> manifestSha256, ReadOnlySpan<byte> envelopeSha256)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Label);
        hash.AppendData(previous);
        Number(hash, record.Sequence);
        Number(hash, record.CreatedAt.ToUnixTimeMilliseconds());
        foreach (string text in (string[])[record.EphemeralKey, record.OrganizationId, record.AppId, record.DeploymentId, record.ReplicaId])
            Bytes(hash, Encoding.UTF8.GetBytes(text));
        Bytes(hash, record.Document.Span);
        hash.AppendData(manifestSha256);
        hash.AppendData(envelopeSha256);
        return hash.GetHashAndReset();
    }

    private static void Bytes(IncrementalHash hash, ReadOnlySpan<byte> bytes)
    {
        Number(hash, bytes.Length);
        hash.AppendData(bytes);
    }

    private static void Number(IncrementalHash hash, long number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, number);
        hash.AppendData(bytes);
    }
}
