namespace Qos.Transport;

/// <summary>
/// A response that is read while it arrives. Disposing it gives the connection back to the pool when the response was
/// read to its end, and closes it otherwise.
/// </summary>
public sealed class EnclaveResponse : IDisposable
{
    private readonly EnclaveConnectionPool _pool;
    private readonly CancellationTokenSource _deadline;
    private FrameConnection? _connection;

    internal EnclaveResponse(EnclaveConnectionPool pool, FrameConnection connection, CancellationTokenSource deadline)
    {
        _pool = pool;
        _connection = connection;
        _deadline = deadline;
    }

    /// <summary>The response's length in bytes.</summary>
    public long Length => Connection.Reader.Length;

    private FrameConnection Connection => _connection ?? throw new ObjectDisposedException(nameof(EnclaveResponse));

    /// <summary>Reads some bytes of the response.</summary>
    /// <returns>How many; 0 at the end.</returns>
    /// <exception cref="TransportException">The connection broke, or the request's deadline passed.</exception>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        FrameConnection connection = Connection;
        if (connection.Reader.Remaining == 0)
            return 0;
        try
        {
            using CancellationTokenRegistration link = Link(cancellationToken);
            return await connection.Reader.ReadAsync(buffer, _deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw _pool.Late();
        }
    }

    /// <summary>Reads the response into memory that grows as it arrives.</summary>
    /// <param name="limit">The most bytes that the caller wants to hold.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="TransportException">As <see cref="ReadAsync"/>, and <see cref="TransportError.Oversize"/>.</exception>
    public async ValueTask<FrameBuffer> ReadToEndAsync(int limit, CancellationToken cancellationToken = default)
    {
        try
        {
            using CancellationTokenRegistration link = Link(cancellationToken);
            return await Connection.Reader.ReadToEndAsync(limit, _deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw _pool.Late();
        }
    }

    /// <summary>Copies the response to a stream while it arrives.</summary>
    public async ValueTask CopyToAsync(Stream target, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(target);
        byte[] buffer = FrameBuffer.Rent((int)Math.Clamp(Connection.Reader.Remaining, 1, FrameWriter.StreamBuffer));
        try
        {
            int read;
            while ((read = await ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) != 0)
                await target.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            FrameBuffer.Release(buffer, buffer.Length);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _connection, null) is { } connection)
            _pool.Return(connection, reusable: connection.Reader.Remaining == 0 && !_deadline.IsCancellationRequested);
        _deadline.Dispose();
    }

    private CancellationTokenRegistration Link(CancellationToken cancellationToken) =>
        cancellationToken.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), _deadline);
}
