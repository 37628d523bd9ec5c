using Qos.Protocol;
using Qos.Serialization;

namespace Qos.Node;

/// <summary>Takes a JSON body: the hex of a boot request's pivot goes to its stage, the rest is kept.</summary>
internal sealed class JsonBodyReader : IBodyReader, IStreamedMemberSink
{
    private static readonly StreamedMemberPath[] s_pivots =
    [
        new("bootStandardRequest", "pivot"),
        new("bootKeyForwardRequest", "pivot"),
    ];

    private readonly IntakeBudget _budget;
    private readonly PivotReception _pivot;
    private readonly StreamedMember _message;
    private int _taken;
    private bool _hasBegun;

    internal JsonBodyReader(IntakeBudget budget, PivotReception pivot)
    {
        _budget = budget;
        _pivot = pivot;
        _message = new StreamedMember(
            s_pivots, this, NodeLimits.MaximumRetainedPerMessage, NodeLimits.MaximumPivotLength);
    }

    public void Write(ReadOnlySpan<byte> part)
    {
        try
        {
            _message.Feed(part);
        }
        catch (EncodingException exception)
        {
            throw new ProtocolException(ProtocolErrorCode.ProtocolMsgDeserialization, exception.Message, exception);
        }

        // Two digits stand for each byte that went to the stage; everything else was kept.
        int held = (int)(_message.Offset - (2 * _message.StreamedBytes));
        if (held <= _taken)
            return;
        if (!_budget.TryTake(held - _taken))
            throw new ProtocolException(ProtocolErrorCode.OversizedPayload);
        _taken = held;
    }

    public ReadOnlyMemory<byte> Complete()
    {
        try
        {
            ReadOnlyMemory<byte> message = _message.Complete();
            if (_message.WasStreamed)
            {
                BeginPivot();
                _pivot.Complete();
            }

            return message;
        }
        catch (EncodingException exception)
        {
            throw new ProtocolException(ProtocolErrorCode.ProtocolMsgDeserialization, exception.Message, exception);
        }
    }

    void IStreamedMemberSink.Write(ReadOnlySpan<byte> decoded)
    {
        BeginPivot();
        _pivot.Write(decoded);
    }

    public void Dispose()
    {
        _message.Dispose();
        _budget.GiveBack(_taken);
        _taken = 0;
    }

    private void BeginPivot()
    {
        if (!_hasBegun)
            _pivot.Begin(EnvelopeBefore(_message.Retained));
        _hasBegun = true;
    }

    /// <summary>The envelope that stands before the pivot, as in canonical JSON; null when the pivot comes first.</summary>
    private static ManifestEnvelope? EnvelopeBefore(ReadOnlySpan<byte> retained)
    {
        try
        {
            var reader = new QosJsonReader(retained);
            reader.BeginObject();
            if (!reader.NextMember(out _))
                return null;
            reader.BeginObject();
            return reader.NextMember(out ReadOnlySpan<byte> name) && name.SequenceEqual("manifest_envelope"u8) ? EnvelopeJson.Read(ref reader) : null;
        }
        catch (EncodingException)
        {
            // Whatever is wrong is refused when the message is complete.
            return null;
        }
    }
}
