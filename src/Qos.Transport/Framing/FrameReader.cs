using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Qos.Transport;

/// <summary>
/// Reads messages: an 8-byte little-endian length and that many bytes. The body is handed on as it arrives, so memory
/// never follows an announced length. Format: docs/protocol/messages.md, Transport. Not for two callers at a time; after any
/// exception the connection is of no more use.
/// </summary>
public sealed class FrameReader : IDisposable
{
    internal const int HeaderLength = 8;

    // One read fetches the header and the whole of a small message.
    private const int AheadLength = 512;

    private readonly Stream _stream;
    private readonly FrameLimits _limits;
    private readonly WaitBudget _budget;
    private readonly byte[] _ahead = new byte[AheadLength];
    private int _aheadStart;
    private int _aheadEnd;

    /// <summary>Reads from a stream, which stays the caller's.</summary>
    public FrameReader(Stream stream, FrameLimits limits, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentNullException.ThrowIfNull(time);
        _stream = stream;
        _limits = limits;
        _budget = new WaitBudget(limits, time);
    }

    /// <summary>The length that the current message announced, in bytes.</summary>
    public long Length { get; private set; }

    /// <summary>How many bytes of the current message were not read yet.</summary>
    public long Remaining { get; private set; }

    /// <summary>Waits for the next message and reads its header. The message before must have been read to its end.</summary>
    /// <returns>False when the peer closed the connection between messages.</returns>
    /// <exception cref="TransportException">
    /// <see cref="TransportError.Oversize"/>, <see cref="TransportError.Idle"/>, <see cref="TransportError.TooSlow"/> or
    /// <see cref="TransportError.Disconnected"/>.
    /// </exception>
    public async ValueTask<bool> NextAsync(CancellationToken cancellationToken = default)
    {
        if (Remaining != 0)
            throw new InvalidOperationException($"{Remaining} bytes of the message before were not read.");
        _budget.BeginIdle();
        if (_aheadEnd - _aheadStart < HeaderLength)
            MoveToFront();
        if (_aheadStart == _aheadEnd && !await FillAsync(cancellationToken).ConfigureAwait(false))
            return false;

        _budget.BeginMessage();
        while (_aheadEnd - _aheadStart < HeaderLength)
        {
            if (!await FillAsync(cancellationToken).ConfigureAwait(false))
                throw Truncated($"after {_aheadEnd - _aheadStart} of the {HeaderLength} bytes of a length");
        }

        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(_ahead.AsSpan(_aheadStart));
        if (length > (ulong)_limits.MaxLength)
        {
            throw new TransportException(
                TransportError.Oversize,
                $"A message announces {length} bytes, and at most {_limits.MaxLength} are allowed.");
        }

        Take([], HeaderLength);
        Length = Remaining = (long)length;
        return true;
    }

    /// <summary>Reads some bytes of the current message.</summary>
    /// <returns>How many bytes; 0 at the message's end.</returns>
    /// <exception cref="TransportException">
    /// <see cref="TransportError.TooSlow"/> or <see cref="TransportError.Disconnected"/>.
    /// </exception>
    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Remaining == 0 || buffer.IsEmpty)
            return new(0);
        if (buffer.Length > Remaining)
            buffer = buffer[..(int)Remaining];
        if (_aheadEnd == _aheadStart)
            return ReadBodyAsync(buffer, cancellationToken);

        int count = Math.Min(buffer.Length, _aheadEnd - _aheadStart);
        Take(buffer.Span, count);
        Remaining -= count;
        return new(count);
    }

    /// <summary>Reads the rest of the current message into memory that grows as it arrives.</summary>
    /// <param name="limit">The most bytes that the caller wants to hold.</param>
    /// <param name="cancellationToken">Gives up; what was read is wiped.</param>
    /// <returns>The body; the caller disposes it, which wipes it.</returns>
    /// <exception cref="TransportException">
    /// <see cref="TransportError.Oversize"/> when more than <paramref name="limit"/> bytes remain, and as <see cref="ReadAsync"/>.
    /// </exception>
    public async ValueTask<FrameBuffer> ReadToEndAsync(int limit, CancellationToken cancellationToken = default)
    {
        if (Remaining > limit)
        {
            throw new TransportException(
                TransportError.Oversize,
                $"A message of {Length} bytes came where at most {limit} are allowed.");
        }

        var body = new FrameBuffer();
        try
        {
            while (Remaining != 0)
                body.Advance(await ReadAsync(body.Free(Remaining), cancellationToken).ConfigureAwait(false));
            return body;
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    /// <summary>Wipes what was read ahead. The stream stays open.</summary>
    public void Dispose()
    {
        _budget.Dispose();
        CryptographicOperations.ZeroMemory(_ahead);
    }

    private async ValueTask<int> ReadBodyAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        int read = await ReceiveAsync(buffer, cancellationToken).ConfigureAwait(false);
        if (read == 0)
            throw Truncated($"after {Length - Remaining} of the {Length} bytes of a message");
        Remaining -= read;
        return read;
    }

    private async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        int read = await ReceiveAsync(_ahead.AsMemory(_aheadEnd), cancellationToken).ConfigureAwait(false);
        _aheadEnd += read;
        return read != 0;
    }

    private async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        ValueTask<int> pending = _stream.ReadAsync(buffer, _budget.Token);
        int read = pending.IsCompletedSuccessfully ? pending.Result : await _budget.AwaitAsync(pending, cancellationToken).ConfigureAwait(false);
        _budget.Earn(read);
        return read;
    }

    private void Take(Span<byte> target, int count)
    {
        Span<byte> source = _ahead.AsSpan(_aheadStart, count);
        if (!target.IsEmpty)
            source.CopyTo(target);
        CryptographicOperations.ZeroMemory(source);
        _aheadStart += count;
        if (_aheadStart == _aheadEnd)
            _aheadStart = _aheadEnd = 0;
    }

    // The start of a length that was read with the message before needs room behind it for its rest.
    private void MoveToFront()
    {
        int count = _aheadEnd - _aheadStart;
        _ahead.AsSpan(_aheadStart, count).CopyTo(_ahead);
        CryptographicOperations.ZeroMemory(_ahead.AsSpan(count));
        _aheadStart = 0;
        _aheadEnd = count;
    }

    private static TransportException Truncated(string where) =>
        new(TransportError.Disconnected, $"The peer closed the connection {where}.");
}
