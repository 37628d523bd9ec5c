using System.Buffers;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Qos.Control;

/// <summary>How the ingress's server listens: its connections are the loops'.</summary>
internal sealed partial class LoopTransport(IngressLoops loops, IngressClients clients, IMemoryPoolFactory<byte> memory, ILogger<LoopTransport> logger) : IConnectionListenerFactory
{
    private const int Backlog = 512;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        Socket socket;
        try
        {
            socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw new AddressInUseException(e.Message, e);
        }

        socket.Listen(Backlog);
        return ValueTask.FromResult<IConnectionListener>(new Listener(socket, loops, clients, memory.Create(), logger));
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "All connections of the ingress are used: from an address that has few a new one is taken for the idlest of the address that has most, others are closed")]
    private static partial void LogFull(ILogger logger);

    private sealed class Listener(Socket socket, IngressLoops loops, IngressClients clients, MemoryPool<byte> memory, ILogger logger) : IConnectionListener
    {
        private static readonly TimeSpan s_quiet = TimeSpan.FromMinutes(1);
        private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

        private long _saidAt;

        public EndPoint EndPoint { get; } = socket.LocalEndPoint!;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            while (true)
            {
                try
                {
                    var connection = new LoopConnection(loops.Next(), await socket.AcceptAsync(cancellationToken).ConfigureAwait(false), memory, clients);
                    if (!clients.TryAdd(connection, out LoopConnection? idlest))
                    {
                        SayFull();
                        connection.Close("There are as many connections as there may be.");
                        await connection.DisposeAsync().ConfigureAwait(false);
                        continue;
                    }

                    if (idlest is not null)
                    {
                        SayFull();
                        idlest.Close("It was the idlest of the address that has most connections, and another one needed it.");
                    }

                    connection.Start();
                    return connection;
                }
                catch (Exception e) when (e is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted })
                {
                    return null;
                }
                catch (Exception e) when (e is IOException or SocketException { SocketErrorCode: SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable })
                {
                    // Asked again at once it would be the same.
                    await Task.Delay(s_pause, cancellationToken).ConfigureAwait(false);
                }
                catch (SocketException)
                {
                    // That client is gone already.
                }
            }
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            socket.Dispose();
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync()
        {
            socket.Dispose();
            memory.Dispose();
            return ValueTask.CompletedTask;
        }

        private void SayFull()
        {
            if (_saidAt != 0 && Stopwatch.GetElapsedTime(_saidAt) < s_quiet)
                return;
            _saidAt = Stopwatch.GetTimestamp();
            LogFull(logger);
        }
    }
}
