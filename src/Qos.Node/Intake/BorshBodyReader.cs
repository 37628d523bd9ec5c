using System.Buffers.Binary;
using Qos.Protocol;
using Qos.Serialization;

namespace Qos.Node;

/// <summary>
/// Takes a Borsh body: in a boot request the pivot is the last vector, so its raw bytes go to their stage; the rest is kept.
/// Format: docs/protocol/messages.md, Messages 3, 13 and 23.
/// </summary>
internal sealed class BorshBodyReader(long bodyLength, IntakeBudget budget, PivotReception pivot) : IBodyReader
{
    private const int CountLength = 4;
    private const int FirstAttempt = 512;

    private readonly RetainedBytes _kept = new(budget, NodeLimits.MaximumRetainedPerMessage);
    private int _nextAttempt = FirstAttempt;
    private bool _isPivot;
    private long _pivotLeft;

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
        if (FindEnvelope() is not { } found)
            return;

        _isPivot = true;
        _pivotLeft = bodyLength - found.End - CountLength;
        pivot.Begin(found.Envelope);
        TakePivot(_kept.Span[(found.End + CountLength)..]);

        // What is decoded afterwards is the same message with an empty pivot. The count's own bytes were there, so its zeros have room.
        _kept.Truncate(found.End);
        _ = _kept.TryAppend([0, 0, 0, 0]);
    }

    /// <summary>The envelope and where it ends, when all of it has arrived and the pivot behind it ends where the body does.</summary>
    private (ManifestEnvelope Envelope, int End)? FindEnvelope()
    {
        ReadOnlySpan<byte> kept = _kept.Span;
        if (kept.IsEmpty)
            return null;
        return (MessageIndex)kept[0] switch
        {
            MessageIndex.BootStandardJsonEnvelopeRequest => Try(static (ref BorshReader reader) => ManifestEnvelopeFormat.ReadJson(reader.ReadByteSpan())),
            MessageIndex.BootStandardRequest or MessageIndex.BootKeyForwardRequest =>
                Try(static (ref BorshReader reader) => ManifestBorsh.ReadEnvelope(ref reader, ManifestVersion.V1))
                ?? Try(static (ref BorshReader reader) => ManifestBorsh.ReadEnvelope(ref reader, ManifestVersion.V0)),
            _ => null,
        };
    }

    private delegate ManifestEnvelope Reading(ref BorshReader reader);

    private (ManifestEnvelope Envelope, int End)? Try(Reading read)
    {
        try
        {
            var reader = new BorshReader(_kept.Span[1..]);
            ManifestEnvelope envelope = read(ref reader);
            int end = 1 + reader.Offset;
            return IsPivotAt(end) ? (envelope, end) : null;
        }
        catch (EncodingException)
        {
            // It has not arrived yet, or it is malformed: what is kept is refused when the message is complete.
            return null;
        }
    }

    private bool IsPivotAt(int offset) =>
        offset + CountLength <= _kept.Length
        && BinaryPrimitives.ReadUInt32LittleEndian(_kept.Span[offset..]) == bodyLength - offset - CountLength;

    private void TakePivot(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > _pivotLeft)
            throw new ProtocolException(ProtocolErrorCode.ProtocolMsgDeserialization);
        _pivotLeft -= bytes.Length;
        if (!bytes.IsEmpty)
            pivot.Write(bytes);
    }
}
