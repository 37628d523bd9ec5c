using System.Security.Cryptography;
using Qos.Protocol;

namespace Qos.Node;

/// <summary>Hashes a pivot while it writes it to its hidden file.</summary>
internal sealed class PivotStage : IPivotStage
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private HiddenFile? _file;

    internal PivotStage(HiddenFile file) => _file = file;

    public void Write(ReadOnlySpan<byte> bytes)
    {
        ObjectDisposedException.ThrowIf(_file is null, this);
        if (bytes.Length > NodeLimits.MaximumPivotLength - _file.Length)
        {
            throw new NodeFileException(
                ProtocolErrorCode.OversizedPayload, $"A pivot has at most {NodeLimits.MaximumPivotLength} bytes; this one is longer.");
        }

        _file.Write(bytes);
        _hash.AppendData(bytes);
    }

    public StagedPivot Complete()
    {
        ObjectDisposedException.ThrowIf(_file is null, this);
        _file.Seal();
        var staged = new StagedPivot(_file, _hash.GetHashAndReset());
        _file = null;
        return staged;
    }

    public void Dispose()
    {
        _file?.Dispose();
        _file = null;
        _hash.Dispose();
    }
}
