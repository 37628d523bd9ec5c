using Microsoft.Extensions.Logging;
using Qos.Node;
using Qos.Transport;

namespace Qos.Runtime;

/// <summary>Accepts connections of the control protocol and lets the node answer them, several at once. Format: docs/protocol/messages.md, Transport.</summary>
public sealed class ControlServer
{
    private readonly EnclaveListener _listener;
    private readonly IMessageService _node;
    private readonly ControlServerOptions _options;
    private readonly ILogger _logger;
    private readonly ConnectionSlots _connections;

    /// <summary>Makes a server for a listener, which stays the caller's.</summary>
    /// <param name="listener">Where connections come from.</param>
    /// <param name="node">Answers the messages.</param>
    /// <param name="options">Limits.</param>
    /// <param name="logger">Takes one line for each event.</param>
    public ControlServer(EnclaveListener listener, IMessageService node, ControlServerOptions options, ILogger<ControlServer> logger)
    {
        _listener = listener;
        _node = node;
        _options = options;
        _logger = logger;
        _connections = new ConnectionSlots(options.MaxConnections);
    }

    /// <summary>How many connections are open.</summary>
    public int Connections => _connections.Count;

    /// <summary>Serves until it is cancelled; connections that are open then are broken off.</summary>
    public Task RunAsync(CancellationToken cancellationToken) =>
        _listener.AcceptAllAsync(ServeAsync, _logger.AcceptFailed, _options.AcceptRetry, _options.Time, cancellationToken);

    private async Task ServeAsync(EnclaveStream stream, CancellationToken cancellationToken)
    {
        using var connection = new ControlConnection(
            new FrameConnection(stream, _options.Limits, _options.Time), _node, _connections);
        if (_connections.TryAdd(connection.Dispose) is not { } slot)
            return;
        try
        {
            await connection.ServeAsync(slot, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TransportException or OperationCanceledException or ObjectDisposedException)
        {
            // The peer's doing, ours at the end, or it made room for another.
            _logger.ConnectionClosed(e.Message);
        }
        catch (Exception e)
        {
            // Whatever it was, it concerns this connection only; the message of an unknown exception is not for the log.
            _logger.ConnectionFailed(e.GetType().Name);
        }
        finally
        {
            _connections.Remove(slot);
        }
    }
}
