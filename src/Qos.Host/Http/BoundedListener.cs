using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace Qos.Host;

/// <summary>
/// Accepts Kestrel's connections: up to a number for each end point, and with a pause when the process or the machine has no descriptors left,
/// where Kestrel's own listener tries again at once and without end.
/// </summary>
internal sealed class BoundedListenerFactory(
    HostSettings settings, DescriptorPlan descriptors, HostMetrics metrics, TimeProvider time, IOptions<SocketTransportOptions> options, ILoggerFactory loggers)
    : IConnectionListenerFactory
{
    /// <inheritdoc/>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        int most = settings.HealthListen.Contains(endpoint) ? descriptors.HealthConnections : descriptors.HttpConnections;
        Socket socket;
        try
        {
            socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
            socket.Listen(options.Value.Backlog);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw new AddressInUseException(e.Message, e);
        }
        catch (SocketException e)
        {
            throw new IOException($"Cannot listen on {endpoint}: {e.Message}.{(e.SocketErrorCode == SocketError.AccessDenied ? " A port below 1024 needs root or CAP_NET_BIND_SERVICE." : "")}", e);
        }

        return new ValueTask<IConnectionListener>(new BoundedListener(socket, most, metrics, time, loggers));
    }
}

/// <summary>One end point's listener.</summary>
internal sealed class BoundedListener : IConnectionListener
{
    // What one connection may send before the host has read it.
    private const int ReadBuffer = 128 * 1024;

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_quiet = TimeSpan.FromSeconds(10);

    private readonly Socket _socket;
    private readonly int _most;
    private readonly HostMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SocketConnectionContextFactory _connections;
    private long _saidAt;
    private int _open;

    public BoundedListener(Socket socket, int most, HostMetrics metrics, TimeProvider time, ILoggerFactory loggers)
    {
        _socket = socket;
        _most = most;
        _metrics = metrics;
        _time = time;
        _logger = loggers.CreateLogger<BoundedListener>();
        var options = new SocketConnectionFactoryOptions
        {
            MaxReadBufferSize = ReadBuffer,

            // Each of the few connections may hold a block while it is idle; asking first whether there are bytes is a system call for each request.
            WaitForDataBeforeAllocatingBuffer = false,

            // Nothing that answers a request blocks, so it is answered on the thread that the socket woke.
            UnsafePreferInlineScheduling = true,
        };
        _connections = new SocketConnectionContextFactory(options, _logger);
        EndPoint = socket.LocalEndPoint!;
    }

    /// <inheritdoc/>
    public EndPoint EndPoint { get; }

    /// <inheritdoc/>
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            Socket accepted;
            try
            {
                accepted = await _socket.AcceptAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted or SocketError.Interrupted })
            {
                return null;
            }
            catch (SocketException e)
            {
                // No descriptors or no memory: others must end first. A connection that was reset while it waited costs this pause as well.
                if (e.SocketErrorCode is not (SocketError.ConnectionReset or SocketError.ConnectionAborted))
                {
                    Say(e.Message);
                    await Task.Delay(s_pause, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }

                continue;
            }

            if (Interlocked.Increment(ref _open) > _most)
            {
                Interlocked.Decrement(ref _open);
                _metrics.ConnectionRefused();
                Say($"there are {_most} already");
                accepted.Close(0);
                continue;
            }

            ConnectionContext? connection = null;
            try
            {
                accepted.NoDelay = true;
                connection = _connections.Create(accepted);
                connection.ConnectionClosed.UnsafeRegister(static listener => Interlocked.Decrement(ref ((BoundedListener)listener!)._open), this);
                return connection;
            }
            catch (SocketException)
            {
                // It is gone already.
                if (connection is null)
                    Interlocked.Decrement(ref _open);
                accepted.Dispose();
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        _socket.Dispose();
        return default;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        _connections.Dispose();
        return default;
    }

    private void Say(string why)
    {
        long now = _time.GetTimestamp();
        if (_saidAt != 0 && _time.GetElapsedTime(_saidAt, now) < s_quiet)
            return;
        _saidAt = now;
        HostLog.ConnectionsRefused(_logger, EndPoint.ToString()!, why);
    }
}
