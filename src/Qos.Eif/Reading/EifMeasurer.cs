using System.Security.Cryptography;

namespace Qos.Eif;

/// <summary>Hashes an image's sections while they pass. Format: docs/protocol/eif.md, Measurements.</summary>
internal sealed class EifMeasurer : IDisposable
{
    private readonly IncrementalHash _pcr0 = IncrementalHash.CreateHash(HashAlgorithmName.SHA384);
    private readonly IncrementalHash _pcr1 = IncrementalHash.CreateHash(HashAlgorithmName.SHA384);
    private readonly IncrementalHash _pcr2 = IncrementalHash.CreateHash(HashAlgorithmName.SHA384);
    private EifSectionType _current;
    private int _ramdisks;

    /// <summary>Says what the bytes that follow are.</summary>
    public void Begin(EifSectionType type)
    {
        _current = type;
        if (type == EifSectionType.Ramdisk)
            _ramdisks++;
    }

    public void Append(ReadOnlySpan<byte> data)
    {
        if (_current is not (EifSectionType.Kernel or EifSectionType.CommandLine or EifSectionType.Ramdisk))
            return;

        _pcr0.AppendData(data);
        bool application = _current == EifSectionType.Ramdisk && _ramdisks > 1;
        (application ? _pcr2 : _pcr1).AppendData(data);
    }

    /// <param name="certificate">The signing certificate in DER, or null.</param>
    public EifMeasurements Finish(byte[]? certificate) => new(
        Extend(_pcr0.GetHashAndReset()),
        Extend(_pcr1.GetHashAndReset()),
        Extend(_pcr2.GetHashAndReset()),
        certificate is null ? null : Extend(SHA384.HashData(certificate)));

    public void Dispose()
    {
        _pcr0.Dispose();
        _pcr1.Dispose();
        _pcr2.Dispose();
    }

    /// <summary>A register that was zero, extended once.</summary>
    private static byte[] Extend(ReadOnlySpan<byte> digest)
    {
        Span<byte> register = stackalloc byte[2 * SHA384.HashSizeInBytes];
        register.Clear();
        digest.CopyTo(register[SHA384.HashSizeInBytes..]);
        return SHA384.HashData(register);
    }
}
