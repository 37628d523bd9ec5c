using System.Buffers.Binary;
using System.Security.Cryptography;
using Qos.Nsm;

namespace Qos.Verify;

/// <summary>
/// Remembers authorities whose signatures were verified up to a trust anchor, so that the next document of the same instance needs two
/// verifications instead of five. An entry stands for the bytes of a certificate and of every one above it, the anchor included; its
/// validity and its place in the chain are checked again each time. Safe for several threads.
/// </summary>
public sealed class IntermediateCache
{
    private readonly Lock _gate = new();
    private readonly Dictionary<CertificatePath, NitroCertificate> _entries = [];
    private readonly Queue<CertificatePath> _order = new();
    private readonly int _capacity;

    /// <summary>Creates an empty cache.</summary>
    /// <param name="capacity">How many certificates it holds, each about 1 KiB; the oldest goes first.</param>
    public IntermediateCache(int capacity = 1024)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        _capacity = capacity;
    }

    /// <summary>How many certificates it holds now.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _entries.Count;
        }
    }

    internal NitroCertificate? Find(CertificatePath path)
    {
        lock (_gate)
            return _entries.GetValueOrDefault(path);
    }

    /// <summary>Only ever called with a certificate whose signature was verified by one that was found or verified itself.</summary>
    internal void Add(CertificatePath path, NitroCertificate certificate)
    {
        lock (_gate)
        {
            if (!_entries.TryAdd(path, certificate))
                return;

            _order.Enqueue(path);
            if (_order.Count > _capacity)
                _entries.Remove(_order.Dequeue());
        }
    }
}

/// <summary>A digest over the bytes of a certificate and of every one above it: SHA-256, each step over the step before and the bytes.</summary>
internal readonly record struct CertificatePath(UInt128 High, UInt128 Low)
{
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
