using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Qos.Listening;

namespace Qos.Control;

/// <summary>How the ingress's server listens: its connections are the loops'.</summary>
internal sealed class LoopTransport(IngressLoops loops, ConnectionLimits limits, IMemoryPoolFactory<byte> memory, ILogger<LoopTransport> logger) : IConnectionListenerFactory
{
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) => ValueTask.FromResult<IConnectionListener>(
        new ClientListener(endpoint, limits.Places(TimeProvider.System), new Connections(loops, memory.Create()), TimeProvider.System, logger));

    private sealed class Connections(IngressLoops loops, MemoryPool<byte> memory) : IClientConnections
    {
        public ConnectionContext Open(Socket socket, ClientPlace place)
        {
            var connection = new LoopConnection(loops.Next(), socket, memory, place);
            connection.Start();
            return connection;
        }

        public void Dispose() => memory.Dispose();
    }
}
