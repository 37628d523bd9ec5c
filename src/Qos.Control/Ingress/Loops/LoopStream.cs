using System.Net.Sockets;
using System.Threading.Tasks.Sources;

namespace Qos.Control;

/// <summary>A connection to a replica as the HTTP client uses it.</summary>
internal sealed class LoopStream : Stream, IValueTaskSource<int>
{
    private readonly LoopSocket _socket;
    private readonly Action _resume;
    private ManualResetValueTaskSourceCore<int> _reading;
    private Memory<byte> _buffer;

    public LoopStream(LoopSocket socket) => (_socket, _resume) = (socket, Resume);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    // The client gives no token: it closes the connection of a request that is cancelled.
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            if (!_socket.MustWait())
            {
                int read = Receive(buffer);
                if (read >= 0)
                    return new ValueTask<int>(read);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return ValueTask.FromException<int>(Broken(e));
        }

        _buffer = buffer;
        _reading.Reset();
        short version = _reading.Version;
        _socket.Readable.UnsafeOnCompleted(_resume);
        return new ValueTask<int>(this, version);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            ValueTask sending = _socket.SendAsync(buffer);
            return sending.IsCompletedSuccessfully ? sending : WaitAsync(sending);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return ValueTask.FromException(Broken(e));
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("A loop does not block.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("A loop does not block.");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    int IValueTaskSource<int>.GetResult(short token) => _reading.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => _reading.GetStatus(token);

    void IValueTaskSource<int>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _reading.OnCompleted(continuation, state, token, flags);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _socket.Dispose();
        base.Dispose(disposing);
    }

    private static IOException Broken(Exception e) => new(e.Message, e);

    private static async ValueTask WaitAsync(ValueTask sending)
    {
        try
        {
            await sending.ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            throw Broken(e);
        }
    }

    // A read of no bytes waits for the first one and leaves it there.
    private int Receive(Memory<byte> buffer)
    {
        if (!buffer.IsEmpty)
            return _socket.TryReceive(buffer.Span);
        Span<byte> first = stackalloc byte[1];
        return _socket.TryReceive(first, SocketFlags.Peek) < 0 ? -1 : 0;
    }

    private void Resume()
    {
        int read;
        try
        {
            read = Receive(_buffer);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            _buffer = default;
            _reading.SetException(Broken(e));
            return;
        }

        if (read < 0)
        {
            _socket.Readable.UnsafeOnCompleted(_resume);
            return;
        }

        _buffer = default;
        _reading.SetResult(read);
    }
}
