using Qos.Transport;

namespace Qos.Host;

/// <summary>Whose request it is: each kind has connections of its own, so that one never waits for the other.</summary>
internal enum EnclaveLane
{
    /// <summary>A message of a client.</summary>
    Messages,

    /// <summary>A question of the host's own.</summary>
    Questions,

    /// <summary>A large message that is passed on while it arrives. There are few of these, and none waits for one.</summary>
    Early,
}

/// <summary>How the host talks to its enclave.</summary>
internal sealed record EnclavePoolOptions
{
    /// <summary>How many messages may be at the enclave at once; further ones wait within their deadline.</summary>
    public int MaxMessages { get; init; } = 16;

    /// <summary>How many of the host's own questions may be at the enclave at once.</summary>
    public int MaxQuestions { get; init; } = 2;

    /// <summary>How many messages may be passed on while they arrive.</summary>
    public int MaxEarly { get; init; } = 2;

    /// <summary>A connection that was unused for longer is replaced; it should lie below the enclave's own idle limit.</summary>
    public TimeSpan MaxIdle { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The limits of each connection. Here the idle limit bounds how long the enclave may take to begin its answer.</summary>
    public FrameLimits Limits { get; init; } = FrameLimits.Default;
}

/// <summary>
/// The host's connections to its enclave: bounded in number, reused, made anew when the enclave was restarted. A request
/// that meets a closed connection before any byte of it was sent goes out once more on a fresh one; one that was sent is
/// never repeated, because it may have changed the enclave. Format: docs/protocol/host.md, HTTP API.
/// </summary>
internal sealed class EnclaveConnectionPool : IDisposable
{
    private readonly EnclavePoolOptions _options;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim[] _lanes;
    private readonly SemaphoreSlim _only = new(1, 1);
    private readonly Stack<(FrameConnection Connection, long Since)> _idle = new();
    private volatile bool _servesOneAtATime;
    private bool _disposed;

    /// <summary>Creates the pool; connections are made when they are needed.</summary>
    public EnclaveConnectionPool(EnclaveAddress address, EnclavePoolOptions options, TimeProvider time)
    {
        Address = address;
        _options = options;
        _time = time;
        _lanes = [new SemaphoreSlim(options.MaxMessages), new SemaphoreSlim(options.MaxQuestions), new SemaphoreSlim(options.MaxEarly)];
    }

    /// <summary>Where the enclave is.</summary>
    public EnclaveAddress Address { get; }

    /// <summary>
    /// Whether the enclave serves one connection after the other, as the reference's does: then there is one at a time, and it is closed
    /// after the answer, because whoever else talks to the enclave waits for that.
    /// </summary>
    public bool ServesOneAtATime
    {
        get => _servesOneAtATime;
        set
        {
            _servesOneAtATime = value;
            if (value)
                CloseIdle();
        }
    }

    /// <summary>Whether a message could be passed on while it arrives.</summary>
    public bool TakesEarly => !ServesOneAtATime && _lanes[(int)EnclaveLane.Early].CurrentCount > 0;

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

    /// <summary>Sends a request and reads its answer. Nothing here waits for anybody but the enclave.</summary>
    /// <param name="lane">Whose request it is.</param>
    /// <param name="write">Writes the whole request, which is at hand; it may be called twice.</param>
    /// <param name="read">Reads the answer, whose length is known by then.</param>
    /// <param name="timeout">How long it may take, from waiting for a connection to the end of the answer.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="TransportException">
    /// <see cref="TransportError.Unreachable"/>, <see cref="TransportError.Deadline"/>, or what broke the connection.
    /// </exception>
    public async Task<T> ExchangeAsync<T>(
        EnclaveLane lane,
        Func<FrameWriter, CancellationToken, ValueTask> write,
        Func<FrameReader, CancellationToken, ValueTask<T>> read,
        TimeSpan timeout,
        CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        using var deadline = new CancellationTokenSource(timeout, _time);
        using CancellationTokenRegistration link = cancellationToken.UnsafeRegister(
            static state => ((CancellationTokenSource)state!).Cancel(), deadline);
        try
        {
            await _lanes[(int)lane].WaitAsync(deadline.Token).ConfigureAwait(false);
            try
            {
                if (!ServesOneAtATime)
                    return await ExchangeAsync(write, read, deadline.Token).ConfigureAwait(false);
                await _only.WaitAsync(deadline.Token).ConfigureAwait(false);
                try
                {
                    return await ExchangeAsync(write, read, deadline.Token).ConfigureAwait(false);
                }
                finally
                {
                    _only.Release();
                }
            }
            finally
            {
                _lanes[(int)lane].Release();
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TransportException(
                TransportError.Deadline, $"The enclave at {Address} did not answer within {timeout.TotalSeconds:0.#} s.");
        }
    }

    /// <summary>Closes the connections that lie ready; those in use close after their answer.</summary>
    public void Dispose()
    {
        _disposed = true;
        CloseIdle();
    }

    private async Task<T> ExchangeAsync<T>(
        Func<FrameWriter, CancellationToken, ValueTask> write,
        Func<FrameReader, CancellationToken, ValueTask<T>> read,
        CancellationToken cancellationToken)
    {
        FrameConnection? connection = TakeIdle();
        bool reusable = false;
        try
        {
            if (connection is not null)
            {
                BeforeSend?.Invoke();
                long before = connection.BytesSent;
                try
                {
                    await write(connection.Writer, cancellationToken).ConfigureAwait(false);
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
                await write(connection.Writer, cancellationToken).ConfigureAwait(false);
            }

            await connection.NextResponseAsync(cancellationToken).ConfigureAwait(false);
            T answer = await read(connection.Reader, cancellationToken).ConfigureAwait(false);
            reusable = connection.Reader.Remaining == 0;
            return answer;
        }
        finally
        {
            if (connection is not null)
                Return(connection, reusable);
        }
    }

    private void Return(FrameConnection connection, bool reusable)
    {
        lock (_idle)
        {
            if (reusable && !_disposed && !ServesOneAtATime)
            {
                _idle.Push((connection, _time.GetTimestamp()));
                return;
            }
        }

        connection.Dispose();
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

    private void CloseIdle()
    {
        lock (_idle)
        {
            while (_idle.TryPop(out (FrameConnection Connection, long Since) entry))
                entry.Connection.Dispose();
        }
    }
}
