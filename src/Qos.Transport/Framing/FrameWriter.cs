using System.Buffers.Binary;

namespace Qos.Transport;

/// <summary>
/// Writes messages: an 8-byte little-endian length and that many bytes, in as few writes as possible. A peer that does
/// not take the bytes in time is given up. Format: docs/protocol/messages.md, Transport. Not for two callers at a time; after any
/// exception the connection is of no more use.
/// </summary>
public sealed class FrameWriter : IDisposable
{
    /// <summary>How much of a streamed body is held at a time, in bytes.</summary>
    public const int StreamBuffer = 64 * 1024;

    // What is read to learn when a socket takes bytes again, and how much of a file may go without asking for more.
    private const int Probe = 16 * 1024;
    private const int MostOfFile = 1024 * 1024;

    // Up to here a body is copied behind its header, because one write costs less than two.
    private const int Together = 16 * 1024;

    private readonly Stream _stream;
    private readonly FrameLimits _limits;
    private readonly WaitBudget _budget;

    /// <summary>Writes to a stream, which stays the caller's.</summary>
    public FrameWriter(Stream stream, FrameLimits limits, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentNullException.ThrowIfNull(time);
        _stream = stream;
        _limits = limits;
        _budget = new WaitBudget(limits, time);
    }

    /// <summary>Writes a message whose body lies in memory.</summary>
    /// <exception cref="TransportException">
    /// <see cref="TransportError.Oversize"/>, <see cref="TransportError.TooSlow"/> or <see cref="TransportError.Disconnected"/>.
    /// </exception>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> body, CancellationToken cancellationToken = default)
    {
        Check(body.Length);
        _budget.BeginMessage();
        int together = Math.Min(body.Length, Together);
        int first = FrameReader.HeaderLength + together;
        byte[] buffer = FrameBuffer.Rent(first);
        try
        {
            BinaryPrimitives.WriteUInt64LittleEndian(buffer, (ulong)body.Length);
            body.Span[..together].CopyTo(buffer.AsSpan(FrameReader.HeaderLength));
            await SendAsync(buffer.AsMemory(0, first), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            FrameBuffer.Release(buffer, first);
        }

        for (int at = together; at < body.Length; at += StreamBuffer)
            await SendAsync(body.Slice(at, Math.Min(StreamBuffer, body.Length - at)), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes a message whose body is read from a stream while it is written.</summary>
    /// <param name="source">Gives at least <paramref name="length"/> bytes; what follows them is left in it.</param>
    /// <param name="length">The body's length in bytes.</param>
    /// <param name="cancellationToken">Gives up; the connection is then of no more use.</param>
    /// <exception cref="TransportException">
    /// As above, and <see cref="TransportError.ShortBody"/> when the source ends early.
    /// </exception>
    public async ValueTask WriteAsync(Stream source, long length, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        Check(length);
        byte[] buffer = FrameBuffer.Rent(StreamBuffer);
        try
        {
            int first = await ReadStartAsync(source, length, buffer, cancellationToken).ConfigureAwait(false);
            await WriteStartAsync(buffer.AsMemory(0, first), cancellationToken).ConfigureAwait(false);
            await WriteRestAsync(source, length - (first - FrameReader.HeaderLength), buffer, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            FrameBuffer.Release(buffer, buffer.Length);
        }
    }

    /// <summary>Releases the timer. The stream stays open.</summary>
    public void Dispose() => _budget.Dispose();

    /// <summary>Puts the header and the first bytes of a body into a buffer.</summary>
    /// <returns>How many bytes of the buffer are used.</returns>
    internal static async ValueTask<int> ReadStartAsync(Stream source, long length, byte[] buffer, CancellationToken cancellationToken)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(buffer, (ulong)length);
        int wanted = (int)Math.Min(length, buffer.Length - FrameReader.HeaderLength);
        return wanted == 0
            ? FrameReader.HeaderLength
            : FrameReader.HeaderLength + await ReadSomeAsync(source, buffer.AsMemory(FrameReader.HeaderLength, wanted), length, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes the header and what follows it in the same buffer.</summary>
    internal ValueTask WriteStartAsync(ReadOnlyMemory<byte> start, CancellationToken cancellationToken)
    {
        _budget.BeginMessage();
        return SendAsync(start, cancellationToken);
    }

    /// <summary>Writes the rest of a streamed body.</summary>
    internal async ValueTask WriteRestAsync(Stream source, long left, byte[] buffer, CancellationToken cancellationToken)
    {
        while (left > 0)
        {
            int wanted = (int)Math.Min(left, buffer.Length);
            if (source is IGrowingFile file && _stream is EnclaveStream stream)
            {
                long there = await file.AvailableAsync(cancellationToken).ConfigureAwait(false);
                int sent = stream.TrySendFile(file.Handle, file.Position, (int)Math.Min(Math.Min(left, there), MostOfFile));
                file.Position += sent;
                left -= sent;
                _budget.Earn(sent);
                if (sent > 0)
                    continue;
                wanted = Math.Min(wanted, Probe);
            }

            int read = await ReadSomeAsync(source, buffer.AsMemory(0, wanted), left, cancellationToken).ConfigureAwait(false);
            await SendAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
            left -= read;
        }
    }

    internal void Check(long length)
    {
        if (length < 0 || length > _limits.MaxLength)
        {
            throw new TransportException(
                TransportError.Oversize,
                $"A message of {length} bytes cannot be sent: at most {_limits.MaxLength} are allowed.");
        }
    }

    private static async ValueTask<int> ReadSomeAsync(Stream source, Memory<byte> buffer, long left, CancellationToken cancellationToken)
    {
        int read = await source.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        return read != 0
            ? read
            : throw new TransportException(TransportError.ShortBody, $"The body to send ended {left} bytes before its announced length.");
    }

    private async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        ValueTask pending = _stream.WriteAsync(bytes, _budget.Token);
        if (pending.IsCompletedSuccessfully)
            pending.GetAwaiter().GetResult();
        else
            await _budget.AwaitAsync(Finish(pending), cancellationToken).ConfigureAwait(false);
        _budget.Earn(bytes.Length);

        static async ValueTask<int> Finish(ValueTask write)
        {
            await write.ConfigureAwait(false);
            return 0;
        }
    }
}
