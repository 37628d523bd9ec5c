using Qos.Protocol;

namespace Qos.Node;

/// <summary>One request while it arrives: decides on its encoding, keeps what must be kept, and has it answered.</summary>
internal sealed class MessageIntake : IMessageIntake
{
    private readonly long _bodyLength;
    private readonly IntakeBudget _budget;
    private readonly PivotReception _pivot;
    private readonly QuorumNode _node;
    private readonly byte[] _first = new byte[BodyEncoding.DecidingLength];
    private int _firstLength;
    private long _arrived;
    private IBodyReader? _reader;
    private ProtocolError? _failure;
    private bool _isDisposed;

    internal MessageIntake(long bodyLength, IntakeBudget budget, PivotReception pivot, QuorumNode node)
    {
        _bodyLength = bodyLength;
        _budget = budget;
        _pivot = pivot;
        _node = node;
        if (bodyLength is < 0 or > ProtocolLimits.MaxMessageBytes)
            _failure = new ProtocolError(ProtocolErrorCode.OversizedPayload);
    }

    public void Write(ReadOnlySpan<byte> part)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        _arrived += part.Length;
        if (_arrived > _bodyLength)
            Fail(new ProtocolError(ProtocolErrorCode.OversizedPayload));
        if (_failure is not null)
            return;
        try
        {
            ReadOnlySpan<byte> rest = _reader is null ? Decide(part, isLast: false) : part;
            if (!rest.IsEmpty)
                _reader!.Write(rest);
        }
        catch (Exception exception)
        {
            Fail(Refusal.From(exception));
        }
    }

    public async ValueTask<ReadOnlyMemory<byte>> CompleteAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        (ProtocolMessage? request, WireEncoding encoding) = Decode();
        ProtocolMessage answer = request is null
            ? new ProtocolMessage.ProtocolErrorResponse(_failure!)
            : await _node.HandleAsync(request, _pivot.Staged, cancellationToken).ConfigureAwait(false);
        return MessageCodec.EncodeAnswer(answer, encoding);
    }

    public void Dispose()
    {
        _isDisposed = true;
        _reader?.Dispose();
        _pivot.Dispose();
    }

    /// <summary>The request, or null when it is refused; and the encoding of its answer.</summary>
    internal (ProtocolMessage? Request, WireEncoding Encoding) Decode()
    {
        try
        {
            if (_failure is null && _arrived != _bodyLength)
                Fail(new ProtocolError(ProtocolErrorCode.ProtocolMsgDeserialization));
            if (_failure is null)
            {
                if (_reader is null)
                    Decide([], isLast: true);
                (ProtocolMessage request, WireEncoding encoding) = MessageCodec.Decode(_reader!.Complete().Span);
                _reader.Dispose();
                if (!Routes.IsBoot(request) || _pivot.TryPin())
                    return (request, encoding);
                Fail(_pivot.Failure!);
                return (null, encoding);
            }
        }
        catch (Exception exception)
        {
            Fail(Refusal.From(exception));
        }

        // A message that cannot be read is answered in JSON, which every client of the protocol reads.
        return (null, WireEncoding.Json);
    }

    /// <summary>Chooses the reader once enough bytes are there, gives it those that were held back, and returns the rest.</summary>
    private ReadOnlySpan<byte> Decide(ReadOnlySpan<byte> part, bool isLast)
    {
        while (true)
        {
            WireEncoding? encoding = BodyEncoding.From(_first.AsSpan(0, _firstLength));
            if (encoding is null && isLast)
                encoding = WireEncoding.Json;
            if (encoding is { } decided)
            {
                _reader = decided is WireEncoding.Json
                    ? new JsonBodyReader(_budget, _pivot)
                    : new BorshBodyReader(_bodyLength, _budget, _pivot);
                _reader.Write(_first.AsSpan(0, _firstLength));
                return part;
            }

            if (part.IsEmpty)
                return part;
            _first[_firstLength++] = part[0];
            part = part[1..];
        }
    }

    private void Fail(ProtocolError error)
    {
        _failure ??= error;
        _reader?.Dispose();
        _pivot.Dispose();
    }
}
