using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Qos.Listening;
using Tmds.Linux;

namespace Qos.Control;

/// <summary>A client's connection as Kestrel uses it: two pipes, filled and emptied by the thread of the connection's loop.</summary>
internal sealed class LoopConnection : DefaultConnectionContext, IMemoryPoolFeature
{
    private const int ReadSize = 2048;

    // What a client may have sent that its app does not take yet; the kernel holds back the rest.
    private const int MaxUnread = 64 * 1024;
    private const int MaxUnsent = 64 * 1024;

    // TCP_USER_TIMEOUT: so long may a client take nothing at all of what waits for it, in the kernel's memory and in ours. Kestrel's own limit counts what the kernel took as taken.
    private const int TcpUserTimeout = 18;
    private const int MaxUnreadMs = 60_000;
    private readonly IngressLoop _loop;
    private readonly ClientPlace _place;
    private readonly LoopSocket _socket;
    private readonly Pipe _input;
    private readonly Pipe _output;
    private readonly CancellationTokenSource _closed = new();
    private readonly TaskCompletionSource _noticed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Exception? _reason;
    private Task _running = Task.CompletedTask;

    public LoopConnection(IngressLoop loop, Socket socket, MemoryPool<byte> memory, ClientPlace place)
    {
        (_loop, MemoryPool, _place) = (loop, memory, place);
        _input = new Pipe(Options(memory, MaxUnread));
        _output = new Pipe(Options(memory, MaxUnsent));
        (Transport, Application) = (new Duplex(_input.Reader, _output.Writer), new Duplex(_output.Reader, _input.Writer));
        ConnectionClosed = _closed.Token;
        Features.Set<IMemoryPoolFeature>(this);
        Features.Set(loop);
        try
        {
            (LocalEndPoint, RemoteEndPoint) = (socket.LocalEndPoint, socket.RemoteEndPoint);
            socket.SetRawSocketOption(LibC.IPPROTO_TCP, TcpUserTimeout, BitConverter.GetBytes(MaxUnreadMs));
            _socket = new LoopSocket(loop, socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        loop.ClientCame();
        place.Occupy(Close);
    }

    public MemoryPool<byte> MemoryPool { get; }

    public void Start() => _running = RunAsync();

    public override void Abort(ConnectionAbortedException abortReason)
    {
        End(abortReason, isAbort: true);
        _output.Reader.CancelPendingRead();
    }

    public override async ValueTask DisposeAsync()
    {
        await _input.Reader.CompleteAsync().ConfigureAwait(false);
        await _output.Writer.CompleteAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _place.Dispose();
        _loop.ClientWent();
        _closed.Dispose();
        await base.DisposeAsync().ConfigureAwait(false);
    }

    // Everything goes on where it is: on the loop's thread, or on the one that calls.
    private static PipeOptions Options(MemoryPool<byte> memory, int limit) =>
        new(memory, PipeScheduler.Inline, PipeScheduler.Inline, limit, limit / 2, useSynchronizationContext: false);

    // For the sake of others: what was sent still arrives.
    private void Close(string why)
    {
        End(new ConnectionAbortedException(why), isAbort: false);
        _output.Reader.CancelPendingRead();
    }

    private async Task RunAsync()
    {
        Task receiving = ReceiveAsync(), sending = SendAsync();
        try
        {
            await receiving.ConfigureAwait(false);
            await sending.ConfigureAwait(false);
        }
        finally
        {
            _socket.Dispose();
        }
    }

    private async Task ReceiveAsync()
    {
        Exception? error = null;
        try
        {
            await ReceiveToEndAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            error = new ConnectionResetException(e.Message, e);
        }

        await _input.Writer.CompleteAsync(Volatile.Read(ref _reason) ?? error).ConfigureAwait(false);

        // What waits for the end runs elsewhere: it may take its time.
        ThreadPool.UnsafeQueueUserWorkItem(static connection => connection.TellClosed(), this, preferLocal: false);
        await _noticed.Task.ConfigureAwait(false);
    }

    private void TellClosed()
    {
        try
        {
            _closed.Cancel();
        }
        catch (AggregateException)
        {
            // One that was told has failed at what it does then: no fault of the connection.
        }

        _noticed.TrySetResult();
    }

    private async Task ReceiveToEndAsync()
    {
        PipeWriter input = _input.Writer;
        while (true)
        {
            // One that waits holds no memory.
            if (_socket.MustWait())
                await _socket.Readable;
            int read = _socket.TryReceive(input.GetMemory(ReadSize).Span);
            if (read == 0)
                return;
            if (read < 0)
                continue;
            _place.Received();
            input.Advance(read);
            FlushResult flushed = await input.FlushAsync().ConfigureAwait(false);
            if (flushed.IsCompleted || flushed.IsCanceled)
                return;
        }
    }

    private async Task SendAsync()
    {
        try
        {
            await SendToEndAsync().ConfigureAwait(false);
            End(new ConnectionAbortedException("Everything has been sent."), isAbort: false);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            End(new ConnectionResetException(e.Message, e), isAbort: true);
        }

        // What runs now may be within a lock of the one that wrote; what learns of the end does not.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        await _output.Reader.CompleteAsync().ConfigureAwait(false);
        _input.Writer.CancelPendingFlush();
    }

    private async Task SendToEndAsync()
    {
        PipeReader output = _output.Reader;
        while (true)
        {
            ReadResult result = await output.ReadAsync().ConfigureAwait(false);
            if (result.IsCanceled)
                return;
            foreach (ReadOnlyMemory<byte> part in result.Buffer)
                await _socket.SendAsync(part).ConfigureAwait(false);
            _place.Sent();
            output.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
                return;
        }
    }

    // What was sent still arrives when all went well. A connection that is broken off keeps nothing in the kernel either.
    private void End(Exception reason, bool isAbort)
    {
        if (Interlocked.CompareExchange(ref _reason, reason, null) is not null)
            return;
        if (isAbort)
            _socket.Reset();
        else
            _socket.Shutdown();
        _socket.Dispose();
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
