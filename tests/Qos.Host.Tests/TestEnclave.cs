using Qos.Transport;

namespace Qos.Host.Tests;

/// <summary>An enclave that answers each message with the same bytes; it can be told to misbehave and be restarted.</summary>
internal sealed class TestEnclave : IAsyncDisposable
{
    private readonly EnclaveListener _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _tasks = [];
    private readonly List<EnclaveStream> _open = [];
    private int _accepted;
    private readonly SemaphoreSlim _came = new(0);
    private int _requests;
    private int _now;

    public TestEnclave(EnclaveAddress address)
    {
        _listener = EnclaveListener.Listen(address);
        _tasks.Add(AcceptAsync());
    }

    public int Accepted => Volatile.Read(ref _accepted);

    public int Requests => Volatile.Read(ref _requests);

    /// <summary>The most connections that were open at once.</summary>
    public int MostAtOnce { get; private set; }

    /// <summary>
    /// Whether <see cref="MostAtOnce"/> is to be one. A connection that was closed counts until its end was read here, so each new one is counted only when those
    /// before it have ended, or after ten seconds in which they have not.
    /// </summary>
    public bool ExpectsOneAtATime { get; init; }

    /// <summary>Waits until so many requests have come in all.</summary>
    public async Task HasAsync(int requests)
    {
        while (Requests < requests)
            Assert.True(await _came.WaitAsync(TimeSpan.FromSeconds(60)), $"{Requests} requests came, and not {requests}");
    }

    /// <summary>Closes the connection instead of answering.</summary>
    public bool Hangs { get; set; }

    /// <summary>Answers wait for this.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    /// <summary>Closes every connection at once.</summary>
    public void CloseAll()
    {
        lock (_open)
        {
            _open.ForEach(stream => stream.Dispose());
            _open.Clear();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await Task.WhenAll(_tasks.ToArray());
        _stop.Dispose();
        _came.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                EnclaveStream stream = await _listener.AcceptAsync(_stop.Token);
                if (ExpectsOneAtATime)
                    await Task.WhenAny(Task.WhenAll(_tasks[1..]), Task.Delay(TimeSpan.FromSeconds(10), _stop.Token));
                lock (_open)
                {
                    _open.Add(stream);
                    MostAtOnce = Math.Max(MostAtOnce, ++_now);
                }

                Interlocked.Increment(ref _accepted);
                _tasks.Add(ServeAsync(stream));
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task ServeAsync(EnclaveStream stream)
    {
        using var connection = new FrameConnection(stream, FrameLimits.Default, TimeProvider.System);
        try
        {
            while (await connection.Reader.NextAsync(_stop.Token))
            {
                using FrameBuffer body = await connection.Reader.ReadToEndAsync(int.MaxValue, _stop.Token);
                Interlocked.Increment(ref _requests);
                _came.Release();
                if (Hangs)
                    return;
                await Gate.WaitAsync(_stop.Token);
                await connection.Writer.WriteAsync(body.Memory, _stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
        }
        catch (TransportException)
        {
        }
        catch (ObjectDisposedException)
        {
        }
        finally
        {
            lock (_open)
                _now--;
        }
    }
}
