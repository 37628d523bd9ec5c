using System.Buffers.Binary;
using Qos.Protocol;

namespace Qos.Node;

/// <summary>
/// Takes a Borsh body: in a boot request the pivot is the last vector, so its raw bytes go to their stage; the rest is kept.
/// Specification: protocol, Messages 3, 13 and 23.
/// </summary>
internal sealed class BorshBodyReader(long bodyLength, IntakeBudget budget, PivotReception pivot) : IBodyReader
{
    private const byte BootStandard = 3;
    private const byte BootKeyForward = 13;
    private const byte BootStandardJsonEnvelope = 23;
    private const int CountLength = 4;
    private const int FirstAttempt = 512;

    private readonly RetainedBytes _kept = new(budget, NodeLimits.MaximumRetainedPerMessage);
    private int _nextAttempt = FirstAttempt;
    private bool _isPivot;
    private long _pivotLeft;

    public WireEncoding Encoding => WireEncoding.Borsh;

    public void Write(ReadOnlySpan<byte> part)
    {
        if (_isPivot)
        {
            TakePivot(part);
            return;
        }

        if (!_kept.TryAppend(part))
            throw new ProtocolException(ProtocolErrorCode.OversizedPayload);
        // Trying at doubled lengths keeps the work linear, however small the parts are.
        if (_kept.Length >= _nextAttempt)
            TryFindPivot();
    }

    public ReadOnlyMemory<byte> Complete()
    {
        if (!_isPivot)
            TryFindPivot();
        if (_pivotLeft != 0)
            throw new ProtocolException(ProtocolErrorCode.ProtocolMsgDeserialization);
        if (_isPivot)
            pivot.Complete();
        return _kept.Memory;
    }

    public void Dispose() => _kept.Dispose();

    private void TryFindPivot()
    {
        _nextAttempt = 2 * Math.Max(_kept.Length, FirstAttempt);
        if (FindCount() is not { } count)
            return;

        _isPivot = true;
        _pivotLeft = bodyLength - count - CountLength;
        int start = count + CountLength;
        pivot.Begin();
        TakePivot(_kept.Span[start..]);

        // What is decoded afterwards is the same message with an empty pivot. The count's own bytes were there, so its zeros have room.
        _kept.Truncate(count);
        _ = _kept.TryAppend([0, 0, 0, 0]);
    }

    /// <summary>Where the pivot's count stands, when everything before it has arrived and the pivot ends where the body does.</summary>
    private int? FindCount()
    {
        ReadOnlySpan<byte> kept = _kept.Span;
        if (kept.IsEmpty)
            return null;
        switch (kept[0])
        {
            case BootStandardJsonEnvelope when kept.Length >= 1 + CountLength:
                long end = 1 + CountLength + (long)BinaryPrimitives.ReadUInt32LittleEndian(kept[1..]);
                return IsPivotAt(end) ? (int)end : null;
            case BootStandard or BootKeyForward:
                return FindCount(ManifestVersion.V1) ?? FindCount(ManifestVersion.V0);
            default:
                return null;
        }
    }

    private int? FindCount(ManifestVersion version) =>
        BorshEnvelopeLength.Measure(_kept.Span[1..], version) is { } length && IsPivotAt(1 + length) ? 1 + length : null;

    private bool IsPivotAt(long offset) =>
        offset + CountLength <= _kept.Length
        && BinaryPrimitives.ReadUInt32LittleEndian(_kept.Span[(int)offset..]) == bodyLength - offset - CountLength;

    private void TakePivot(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > _pivotLeft)
            throw new ProtocolException(ProtocolErrorCode.ProtocolMsgDeserialization);
        _pivotLeft -= bytes.Length;
        if (!bytes.IsEmpty)
            pivot.Write(bytes);
    }
}
