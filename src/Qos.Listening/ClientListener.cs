using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Qos.Listening;

/// <summary>
/// Accepts a web server's connections: as many as there are places, shared out by <see cref="ClientPlaces"/>; with a pause when the process or the machine has no descriptors
/// left, where Kestrel's own listener tries again at once and without end.
/// </summary>
public sealed partial class ClientListener : IConnectionListener
{
    private const int Backlog = 512;

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_quiet = TimeSpan.FromSeconds(10);

    private readonly Socket _socket;
    private readonly ClientPlaces _places;
    private readonly IClientConnections _connections;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Action? _closed;
    private long _saidAt;

    /// <summary>Listens.</summary>
    /// <param name="endPoint">Where.</param>
    /// <param name="places">The places, this listener's alone or several's.</param>
    /// <param name="connections">What makes connections of sockets; disposed of with the listener.</param>
    /// <param name="time">What measures the pauses.</param>
    /// <param name="logger">Is told when places or descriptors are used up, at most every ten seconds.</param>
    /// <param name="closed">Called for each connection that is closed because all places were taken.</param>
    /// <exception cref="IOException">It cannot listen there; the message says where and why.</exception>
    public ClientListener(EndPoint endPoint, ClientPlaces places, IClientConnections connections, TimeProvider time, ILogger logger, Action? closed = null)
    {
        (_places, _connections, _time, _logger, _closed) = (places, connections, time, logger, closed);
        try
        {
            _socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint);
            _socket.Listen(Backlog);
        }
        catch (SocketException e)
        {
            throw new IOException($"Cannot listen on {endPoint}: {e.Message}.{(e.SocketErrorCode == SocketError.AccessDenied ? " A port below 1024 needs root or CAP_NET_BIND_SERVICE." : "")}", e);
        }

        EndPoint = _socket.LocalEndPoint!;
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
                    await RestAsync(e.Message, cancellationToken).ConfigureAwait(false);
                continue;
            }

            ClientPlace? place = null;
            try
            {
                place = _places.Take((accepted.RemoteEndPoint as IPEndPoint)?.Address, out bool isFull);
                if (isFull)
                {
                    _closed?.Invoke();
                    Say($"there are {_places.Most} already; from an address that has few a new one is taken for the idlest of the address that has most");
                }

                if (place is null)
                {
                    accepted.Close(0);
                    continue;
                }

                accepted.NoDelay = true;
                return _connections.Open(accepted, place);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // It is gone already.
                accepted.Dispose();
                place?.Dispose();
            }
            catch (IOException e)
            {
                // What it takes besides its socket is not to be had.
                accepted.Dispose();
                place?.Dispose();
                await RestAsync(e.Message, cancellationToken).ConfigureAwait(false);
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

    // Asked again at once it would be the same.
    private async Task RestAsync(string why, CancellationToken cancellationToken)
    {
        Say(why);
        await Task.Delay(s_pause, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void Say(string why)
    {
        long now = _time.GetTimestamp();
        if (_saidAt != 0 && _time.GetElapsedTime(_saidAt, now) < s_quiet)
            return;
        _saidAt = now;
        LogRefused(_logger, EndPoint, why);
    }

    [LoggerMessage(11, LogLevel.Warning, "connections to {Address} are refused: {Reason}")]
    private static partial void LogRefused(ILogger logger, EndPoint address, string reason);
}
