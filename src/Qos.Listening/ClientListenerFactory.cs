using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Qos.Listening;

/// <summary>How a web server listens, with places for its clients at each end point.</summary>
/// <param name="places">Makes an end point's places.</param>
/// <param name="options">How the sockets are read and written.</param>
/// <param name="time">What measures pauses and use.</param>
/// <param name="loggers">Where it is said that places are used up.</param>
/// <param name="closed">Called for each connection that is closed because all places were taken.</param>
public sealed class ClientListenerFactory(
    Func<EndPoint, ClientPlaces> places, SocketConnectionFactoryOptions options, TimeProvider time, ILoggerFactory loggers, Action? closed = null) : IConnectionListenerFactory
{
    /// <inheritdoc/>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        ILogger logger = loggers.CreateLogger<ClientListener>();
        return new ValueTask<IConnectionListener>(new ClientListener(endpoint, places(endpoint), new SocketConnections(options, logger), time, logger, closed));
    }
}
