using System.Buffers.Binary;
using Qos.Protocol;

namespace Qos.Node;

/// <summary>
/// Finds where a manifest envelope in Borsh ends while it is still arriving, so that the pivot behind it need not be held.
/// Specification: manifest, V1 and V0. It measures only: what the bytes mean is decoded afterwards, from the bytes that were kept.
/// </summary>
internal ref struct BorshEnvelopeLength
{
    private readonly ReadOnlySpan<byte> _bytes;
    private long _offset;
    private bool _isShort;
    private bool _isWrong;

    private BorshEnvelopeLength(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>The envelope's length, when all of it is there and it can be one.</summary>
    /// <param name="bytes">What has arrived, beginning with the envelope.</param>
    /// <param name="version">V0 or V1.</param>
    internal static int? Measure(ReadOnlySpan<byte> bytes, ManifestVersion version)
    {
        var cursor = new BorshEnvelopeLength(bytes);
        cursor.Manifest(version);
        cursor.Approvals();
        cursor.Approvals();
        return cursor.HasEnded ? null : (int)cursor._offset;
    }

    private readonly bool HasEnded => _isShort || _isWrong;

    private void Manifest(ManifestVersion version)
    {
        Bytes(); // namespace: name, nonce, quorum key
        Skip(4);
        Bytes();

        Skip(32); // pivot: hash, restart, in V1 bridges and debug mode, arguments
        Below(2);
        if (version is ManifestVersion.V1)
        {
            for (uint left = Count(); left > 0 && !HasEnded; left--)
                Bridge();
            Below(2);
        }

        for (uint left = Count(); left > 0 && !HasEnded; left--)
            Bytes();

        MemberSet(); // manifest set, share set
        MemberSet();
        for (int field = 0; field < 6; field++) // enclave: four PCRs, root, commit
            Bytes();

        Skip(4); // patch set: threshold, keys
        for (uint left = Count(); left > 0 && !HasEnded; left--)
            Bytes();
    }

    private void Bridge()
    {
        bool isClient = Below(2) == 1;
        Skip(2);
        if (!isClient || Below(2) == 1)
            Bytes();
    }

    private void MemberSet()
    {
        Skip(4);
        for (uint left = Count(); left > 0 && !HasEnded; left--)
        {
            Bytes();
            Bytes();
        }
    }

    private void Approvals()
    {
        for (uint left = Count(); left > 0 && !HasEnded; left--)
        {
            Bytes(); // signature, then the member's alias and key
            Bytes();
            Bytes();
        }
    }

    private void Bytes() => Skip(Count());

    private uint Count()
    {
        long start = _offset;
        Skip(4);
        return HasEnded ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(_bytes[(int)start..]);
    }

    private int Below(int bound)
    {
        long start = _offset;
        Skip(1);
        if (HasEnded)
            return 0;
        _isWrong = _bytes[(int)start] >= bound;
        return _bytes[(int)start];
    }

    private void Skip(long length)
    {
        _offset += length;
        _isShort |= _offset > _bytes.Length;
    }
}
