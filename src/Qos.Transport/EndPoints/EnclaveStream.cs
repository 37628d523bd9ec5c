using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Qos.Native;
using Tmds.Linux;

namespace Qos.Transport;

/// <summary>
/// A connected socket as a stream. Writes to a vsock are made in chunks below 32 KiB, because some kernels corrupt
/// larger ones (format: docs/protocol/messages.md, Transport).
/// </summary>
public sealed class EnclaveStream : Stream
{
    /// <summary>The largest single write to a vsock, in bytes.</summary>
    public const int VsockChunk = 28 * 1024;

    private readonly Socket _socket;
    private readonly int _chunk;
    private long _sent;
    private long _received;

    /// <summary>Takes over a connected socket.</summary>
    /// <param name="socket">Disposed with the stream.</param>
    /// <param name="chunk">The largest single write in bytes: <see cref="VsockChunk"/>, or int.MaxValue for no limit.</param>
    public EnclaveStream(Socket socket, int chunk)
    {
        ArgumentNullException.ThrowIfNull(socket);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(chunk);
        _socket = socket;
        _chunk = chunk;
    }

    /// <summary>Bytes that the kernel took so far.</summary>
    public long BytesSent => _sent;

    /// <summary>Bytes that arrived so far.</summary>
    public long BytesReceived => _received;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>
    /// True when an idle connection cannot carry another request: the peer closed it, or sent what nobody asked for.
    /// </summary>
    public bool IsStale()
    {
        try
        {
            return _socket.Poll(0, SelectMode.SelectRead);
        }
        catch (SocketException)
        {
            return true;
        }
    }

    /// <summary>Tells the peer that nothing more will be sent.</summary>
    public void ShutdownWrite() => _socket.Shutdown(SocketShutdown.Send);

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            int read = await _socket.ReceiveAsync(buffer, SocketFlags.None, cancellationToken).ConfigureAwait(false);
            _received += read;
            return read;
        }
        catch (SocketException e)
        {
            throw Lost(e);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            while (!buffer.IsEmpty)
            {
                ReadOnlyMemory<byte> chunk = buffer.Length > _chunk ? buffer[.._chunk] : buffer;
                int sent = await _socket.SendAsync(chunk, SocketFlags.None, cancellationToken).ConfigureAwait(false);
                _sent += sent;
                buffer = buffer[sent..];
            }
        }
        catch (SocketException e)
        {
            throw Lost(e);
        }
    }

    /// <summary>
    /// Hands pages of a file to the kernel, which does not copy them. Only after an asynchronous write on this stream, which has made its socket one that does not block.
    /// </summary>
    /// <param name="file">The file, whose bytes there do not change any more.</param>
    /// <param name="offset">Where to begin.</param>
    /// <param name="count">At most so many bytes.</param>
    /// <returns>How many went; 0 when the socket takes none now, or files cannot be sent on it.</returns>
    /// <exception cref="TransportException">The connection was lost.</exception>
    internal int TrySendFile(SafeFileHandle file, long offset, int count)
    {
        // A vsock is written to in chunks, for the reason above.
        if (_chunk < count)
            return 0;
        nint sent = LibC.sendfile(_socket.SafeHandle, file, ref offset, (nuint)count);
        if (sent >= 0)
        {
            _sent += sent;
            return (int)sent;
        }

        int error = Marshal.GetLastPInvokeError();
        return error == LibC.EPIPE || error == LibC.ECONNRESET || error == LibC.ENOTCONN
            ? throw new TransportException(TransportError.Disconnected, $"The connection was lost ({Marshal.GetPInvokeErrorMessage(error)}).")
            : 0;
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count)
    {
        int read = _socket.Receive(buffer, offset, count, SocketFlags.None);
        _received += read;
        return read;
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count)
    {
        while (count > 0)
        {
            int sent = _socket.Send(buffer, offset, Math.Min(count, _chunk), SocketFlags.None);
            _sent += sent;
            offset += sent;
            count -= sent;
        }
    }

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _socket.Dispose();
        base.Dispose(disposing);
    }

    private static TransportException Lost(SocketException e) =>
        new(TransportError.Disconnected, $"The connection was lost ({e.Message}).", e);
}
