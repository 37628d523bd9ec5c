using System.Security.Cryptography;
using Qos.Serialization;
using Qos.Transport;

namespace Qos.AppService;

/// <summary>One connection of the app's: requests in, answers out, in order. Nothing is held that was not announced and allowed.</summary>
internal sealed class AppConnection(EnclaveStream stream, AppRoutes routes, FrameLimits limits, TimeProvider time) : IDisposable
{
    private readonly WaitBudget _reading = new(limits, time);
    private readonly WaitBudget _writing = new(limits, time);
    private readonly WipedBuffer _received = new(HttpHead.MaxBytes);
    private readonly HttpAnswer _answer = new();

    /// <summary>Serves until the peer goes, breaks a rule or a limit, or the connection must make room.</summary>
    /// <exception cref="TransportException">The peer vanished mid-request or broke a limit.</exception>
    internal async Task ServeAsync(ConnectionSlots all, ConnectionSlots.Slot slot, CancellationToken cancellationToken)
    {
        try
        {
            bool goesOn = true;
            while (goesOn && await BeginsAsync(cancellationToken).ConfigureAwait(false) && all.TryBegin(slot))
            {
                _reading.BeginMessage();
                goesOn = await AnswerAsync(cancellationToken).ConfigureAwait(false);
                _answer.Clear();
                all.End(slot);
            }
        }
        finally
        {
            // Here and not in Dispose, which another thread may call while a call still uses them.
            _reading.Dispose();
            _writing.Dispose();
            _received.Dispose();
            _answer.Dispose();
        }
    }

    /// <summary>Breaks the connection off; also from another thread.</summary>
    public void Dispose() => stream.Dispose();

    // Between requests; an earlier read may have brought the next one along.
    private async ValueTask<bool> BeginsAsync(CancellationToken cancellationToken)
    {
        _reading.BeginIdle();
        return _received.Length > 0 || await ReceiveAsync(cancellationToken).ConfigureAwait(false) > 0;
    }

    private async ValueTask<bool> AnswerAsync(CancellationToken cancellationToken)
    {
        int bodyLeft = 0;
        int headLength = 0;
        try
        {
            while ((headLength = HttpHead.EndOf(_received.Span)) < 0)
            {
                if (_received.Length >= HttpHead.MaxBytes)
                    throw new HttpRefusal(431, $"the head of a request has at most {HttpHead.MaxBytes} bytes");
                await RequireAsync(cancellationToken).ConfigureAwait(false);
            }

            HttpHead head = HttpHead.Parse(_received.Span[..headLength]);
            bodyLeft = head.ContentLength;
            AppRoutes.Check(head);
            int whole = headLength + head.ContentLength;
            if (head.ExpectsContinue && _received.Length < whole)
                await SendAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray(), cancellationToken).ConfigureAwait(false);
            _received.Reserve(whole);
            while (_received.Length < whole)
                await RequireAsync(cancellationToken).ConfigureAwait(false);

            bool closes = await AnswerAsync(head, _received.Memory[headLength..whole], cancellationToken).ConfigureAwait(false);
            _received.Consume(whole);
            return !closes;
        }
        catch (HttpRefusal refused)
        {
            // Where the next request would begin is not known any more, or not worth the bytes before it.
            await SendAsync(Refuse(refused, closes: true), cancellationToken).ConfigureAwait(false);
            stream.ShutdownWrite();
            for (int left = bodyLeft - (_received.Length - headLength); left > 0;)
            {
                _received.Consume(_received.Length);
                int read = await ReceiveAsync(cancellationToken).ConfigureAwait(false);
                if (read == 0)
                    break;
                left -= read;
            }

            return false;
        }
    }

    private async ValueTask<bool> AnswerAsync(HttpHead head, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> answer;
        try
        {
            await routes.AnswerAsync(head, body, _answer, cancellationToken).ConfigureAwait(false);
            answer = _answer.Complete(200, head.Closes);
        }
        catch (HttpRefusal refused)
        {
            answer = Refuse(refused, head.Closes);
        }
        catch (CryptographicException)
        {
            answer = Refuse(new HttpRefusal(500, "the arithmetic failed: the machine may be faulty"), head.Closes);
        }

        await SendAsync(answer, cancellationToken).ConfigureAwait(false);
        return head.Closes;
    }

    private ReadOnlyMemory<byte> Refuse(HttpRefusal refused, bool closes)
    {
        _answer.Clear();
        using var writer = new QosJsonWriter(JsonForm.Canonical);
        writer.BeginObject();
        writer.WritePropertyName("error"u8);
        writer.WriteString(refused.Message);
        writer.EndObject();
        _answer.Write(writer.Written);
        return _answer.Complete(refused.Status, closes, refused.Allow);
    }

    private async ValueTask RequireAsync(CancellationToken cancellationToken)
    {
        if (await ReceiveAsync(cancellationToken).ConfigureAwait(false) == 0)
            throw new TransportException(TransportError.Disconnected, "The app closed the connection in the middle of a request.");
    }

    private async ValueTask<int> ReceiveAsync(CancellationToken cancellationToken)
    {
        ValueTask<int> pending = stream.ReadAsync(_received.Free, _reading.Token);
        int read = pending.IsCompletedSuccessfully ? pending.Result : await _reading.AwaitAsync(pending, cancellationToken).ConfigureAwait(false);
        _received.Advance(read);
        _reading.Earn(read);
        return read;
    }

    private async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        _writing.BeginMessage();
        ValueTask pending = stream.WriteAsync(bytes, _writing.Token);
        if (pending.IsCompletedSuccessfully)
            return;
        await _writing.AwaitAsync(Counted(pending, bytes.Length), cancellationToken).ConfigureAwait(false);
    }

    private static async ValueTask<int> Counted(ValueTask pending, int count)
    {
        await pending.ConfigureAwait(false);
        return count;
    }
}
