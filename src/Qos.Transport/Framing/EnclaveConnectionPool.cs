namespace Qos.Transport;

/// <summary>
/// A host's connections to its enclave: bounded in number, reused, made anew when the enclave was restarted. A request
/// that meets a closed connection before any byte of it was sent goes out once more on a fresh one; one that was sent is
/// never repeated, for it may have changed the enclave. Specification: host, HTTP API.
/// </summary>
public sealed class EnclaveConnectionPool : IDisposable
{
    private readonly EnclavePoolOptions _options;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _free;
    private readonly Stack<(FrameConnection Connection, long Since)> _idle = new();
    private bool _disposed;

    /// <summary>Creates the pool; connections are made when they are needed.</summary>
    public EnclaveConnectionPool(EnclaveAddress address, EnclavePoolOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        Address = address;
        _options = options;
        _time = time;
        _free = new SemaphoreSlim(options.MaxConnections, options.MaxConnections);
    }

    /// <summary>Where the enclave is.</summary>
    public EnclaveAddress Address { get; }

    /// <summary>How many connections lie ready.</summary>
    public int IdleCount
    {
        get
        {
            lock (_idle)
                return _idle.Count;
        }
    }

    /// <summary>Runs when a kept connection was found alive and before a byte is sent on it; for tests.</summary>
    internal Action? BeforeSend { get; set; }

    /// <summary>Sends a request whose body lies in memory.</summary>
    /// <returns>The response, its length known and its body still to be read; the caller disposes it.</returns>
    /// <exception cref="TransportException">
    /// <see cref="TransportError.Unreachable"/>, <see cref="TransportError.Deadline"/>, or what broke the connection.
    /// </exception>
    public async Task<EnclaveResponse> SendAsync(ReadOnlyMemory<byte> request, CancellationToken cancellationToken = default)
    {
        var exchange = new MemoryRequest(request);
        return await RunAsync(exchange, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends a request whose body is read from a stream while it is sent.</summary>
    /// <param name="body">Gives <paramref name="length"/> bytes.</param>
    /// <param name="length">The body's length in bytes.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The response, its length known and its body still to be read; the caller disposes it.</returns>
    /// <exception cref="TransportException">
    /// As above, and <see cref="TransportError.ShortBody"/> when the stream ends early.
    /// </exception>
    public async Task<EnclaveResponse> SendAsync(Stream body, long length, CancellationToken cancellationToken = default)
    {
        using var exchange = new StreamRequest(body, length);
        return await RunAsync(exchange, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Closes the connections that lie ready; those in use close when their response is disposed.</summary>
    public void Dispose()
    {
        lock (_idle)
        {
            _disposed = true;
            while (_idle.TryPop(out (FrameConnection Connection, long Since) entry))
                entry.Connection.Dispose();
        }
    }

    internal TransportException Late() =>
        new(TransportError.Deadline, $"The enclave at {Address} did not answer within {_options.RequestTimeout.TotalSeconds:0} s.");

    internal void Return(FrameConnection connection, bool reusable)
    {
        lock (_idle)
        {
            if (reusable && !_disposed)
            {
                _idle.Push((connection, _time.GetTimestamp()));
                _free.Release();
                return;
            }
        }

        connection.Dispose();
        _free.Release();
    }

    private async Task<EnclaveResponse> RunAsync(EnclaveRequest request, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var deadline = new CancellationTokenSource(_options.RequestTimeout, _time);
        try
        {
            using CancellationTokenRegistration link = cancellationToken.UnsafeRegister(
                static state => ((CancellationTokenSource)state!).Cancel(), deadline);
            await request.PrepareAsync(deadline.Token).ConfigureAwait(false);
            await _free.WaitAsync(deadline.Token).ConfigureAwait(false);
            FrameConnection connection = await ExchangeAsync(request, deadline.Token).ConfigureAwait(false);
            return new EnclaveResponse(this, connection, deadline);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            deadline.Dispose();
            throw Late();
        }
        catch
        {
            deadline.Dispose();
            throw;
        }
    }

    // Holds one permit on entry; keeps it exactly when a connection is returned.
    private async Task<FrameConnection> ExchangeAsync(EnclaveRequest request, CancellationToken cancellationToken)
    {
        FrameConnection? connection = null;
        try
        {
            connection = TakeIdle();
            if (connection is not null)
            {
                BeforeSend?.Invoke();
                long before = connection.BytesSent;
                try
                {
                    await request.WriteStartAsync(connection.Writer, cancellationToken).ConfigureAwait(false);
                }
                catch (TransportException e) when (e.Error == TransportError.Disconnected && connection.BytesSent == before)
                {
                    connection.Dispose();
                    connection = null;
                }
            }

            if (connection is null)
            {
                connection = await FrameConnection.ConnectAsync(Address, _options.Limits, _time, cancellationToken).ConfigureAwait(false);
                await request.WriteStartAsync(connection.Writer, cancellationToken).ConfigureAwait(false);
            }

            await request.WriteRestAsync(connection.Writer, cancellationToken).ConfigureAwait(false);
            await connection.NextResponseAsync(cancellationToken).ConfigureAwait(false);
            return connection;
        }
        catch
        {
            connection?.Dispose();
            _free.Release();
            throw;
        }
    }

    private FrameConnection? TakeIdle()
    {
        while (true)
        {
            FrameConnection connection;
            long since;
            lock (_idle)
            {
                if (!_idle.TryPop(out (FrameConnection Connection, long Since) entry))
                    return null;
                (connection, since) = entry;
            }

            if (_time.GetElapsedTime(since) < _options.MaxIdle && !connection.IsStale)
                return connection;
            connection.Dispose();
        }
    }
}
