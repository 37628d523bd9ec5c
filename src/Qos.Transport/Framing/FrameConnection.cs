namespace Qos.Transport;

/// <summary>
/// One connection of the control protocol, at either end: any number of request and response pairs, in order.
/// Format: docs/protocol/messages.md, Transport.
/// </summary>
public sealed class FrameConnection : IDisposable
{
    private readonly EnclaveStream _stream;

    /// <summary>Takes over a connected stream.</summary>
    public FrameConnection(EnclaveStream stream, FrameLimits limits, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(stream);
        _stream = stream;
        Reader = new FrameReader(stream, limits, time);
        Writer = new FrameWriter(stream, limits, time);
    }

    /// <summary>Reads what the peer sends.</summary>
    public FrameReader Reader { get; }

    /// <summary>Writes to the peer.</summary>
    public FrameWriter Writer { get; }

    /// <summary>Bytes that the kernel took so far.</summary>
    public long BytesSent => _stream.BytesSent;

    /// <summary>True when the connection, idle between requests, cannot carry another one.</summary>
    public bool IsStale => _stream.IsStale();

    /// <summary>Connects to an enclave's control port.</summary>
    public static async Task<FrameConnection> ConnectAsync(
        EnclaveAddress address, FrameLimits limits, TimeProvider time, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(address);
        return new FrameConnection(
            await address.ConnectAsync(EnclaveAddress.ControlPort, cancellationToken).ConfigureAwait(false), limits, time);
    }

    /// <summary>Sends a request and holds its response.</summary>
    /// <param name="request">The request's body.</param>
    /// <param name="responseLimit">The most bytes of a response that the caller wants to hold.</param>
    /// <param name="cancellationToken">Gives up; the connection is then of no more use.</param>
    /// <returns>The response's body; the caller disposes it, which wipes it.</returns>
    /// <exception cref="TransportException">The connection broke, or a limit was exceeded.</exception>
    public async Task<FrameBuffer> RequestAsync(
        ReadOnlyMemory<byte> request, int responseLimit, CancellationToken cancellationToken = default)
    {
        await Writer.WriteAsync(request, cancellationToken).ConfigureAwait(false);
        await NextResponseAsync(cancellationToken).ConfigureAwait(false);
        return await Reader.ReadToEndAsync(responseLimit, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Closes the connection and wipes what it held.</summary>
    public void Dispose()
    {
        _stream.Dispose();
        Reader.Dispose();
        Writer.Dispose();
    }

    /// <summary>Waits for the head of the next response.</summary>
    /// <exception cref="TransportException">The connection broke, or ended instead.</exception>
    public async ValueTask NextResponseAsync(CancellationToken cancellationToken)
    {
        if (!await Reader.NextAsync(cancellationToken).ConfigureAwait(false))
            throw new TransportException(TransportError.Disconnected, "The peer closed the connection instead of answering.");
    }
}
