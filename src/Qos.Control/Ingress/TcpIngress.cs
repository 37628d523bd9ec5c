using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Qos.Fleet;
using Qos.Listening;

namespace Qos.Control;

/// <summary>A port for each TCP app: connections go to a ready replica of its live deployment, byte for byte, half-close included.</summary>
internal sealed partial class TcpIngress(ControlSettings settings, ConnectionLimits limits, ILogger<TcpIngress> logger) : IDisposable
{
    private const int BufferSize = 32 * 1024;
    private static readonly TimeSpan s_acceptPause = TimeSpan.FromMilliseconds(100);
    private readonly ConcurrentDictionary<int, (string AppId, Socket Socket)> _listeners = new();
    private readonly ConcurrentDictionary<int, byte> _taken = new();
    private readonly ClientPlaces _places = new(limits.Tcp, ClientPlaces.ExchangedOf(limits.Tcp), TimeProvider.System);
    private readonly IPAddress _address = IPAddress.TryParse(new Uri(settings.Ingress.Listen).Host, out IPAddress? address) ? address : IPAddress.Loopback;

    /// <summary>Opens the ports of apps that have one, and closes those of apps that have none any more.</summary>
    /// <param name="table">Where connections go. An app whose replicas are all away for a moment is not in it, and keeps its port.</param>
    /// <param name="portOf">The port of an app as the database has it. It is asked only about apps that have an open port and are not in the table.</param>
    /// <param name="cancellationToken">Ends the questions.</param>
    public async Task ListenAsync(IngressTable table, Func<string, CancellationToken, Task<int?>> portOf, CancellationToken cancellationToken)
    {
        Dictionary<int, string> wanted = table.Apps.Where(static app => app is { Kind: IngressKind.Tcp, Port: not null }).ToDictionary(static app => app.Port!.Value, static app => app.AppId);
        foreach ((int port, (string appId, Socket socket)) in _listeners)
        {
            bool keeps = wanted.TryGetValue(port, out string? other)
                ? other == appId
                : table.Find(appId) is null && await portOf(appId, cancellationToken).ConfigureAwait(false) == port;
            if (!keeps && _listeners.TryRemove(port, out _))
                socket.Dispose();
        }

        foreach ((int port, string appId) in wanted)
        {
            if (_listeners.ContainsKey(port))
                continue;
            Socket? socket = null;
            try
            {
                socket = new Socket(_address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
                socket.Bind(new IPEndPoint(_address, port));
                socket.Listen(512);
                _listeners[port] = (appId, socket);
                _ = AcceptAsync(socket, appId, new ClientPlaces(limits.TcpOfApp, ClientPlaces.ExchangedOf(limits.TcpOfApp), TimeProvider.System), table);
                _taken.TryRemove(port, out _);
            }
            catch (SocketException e)
            {
                // Tried again at every look; said once.
                socket?.Dispose();
                if (_taken.TryAdd(port, 0))
                    LogTaken(logger, port, appId, e.Message);
            }
        }
    }

    public void Dispose()
    {
        foreach ((_, Socket socket) in _listeners.Values)
            socket.Dispose();
    }

    private async Task AcceptAsync(Socket listener, string appId, ClientPlaces ofApp, IngressTable table)
    {
        while (true)
        {
            Socket client;
            try
            {
                client = await listener.AcceptAsync().ConfigureAwait(false);
            }
            catch (Exception e) when (e is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted })
            {
                return;
            }
            catch (SocketException)
            {
                // No descriptor is free, for example: asked again at once it would be the same.
                await Task.Delay(s_acceptPause).ConfigureAwait(false);
                continue;
            }

            // One app's clients do not take the others' connections, and one address does not take an app's.
            if (TryTake(client, ofApp) is { } places)
                _ = CarryAsync(client, places, appId, table);
            else
                client.Dispose();
        }
    }

    private (ClientPlace OfApp, ClientPlace OfAll)? TryTake(Socket client, ClientPlaces ofApp)
    {
        IPAddress? address;
        try
        {
            address = (client.RemoteEndPoint as IPEndPoint)?.Address;
        }
        catch (SocketException)
        {
            // It is gone already.
            return null;
        }

        if (ofApp.Take(address, out _) is not { } own)
            return null;
        if (_places.Take(address, out _) is not { } one)
        {
            own.Dispose();
            return null;
        }

        own.Occupy(_ => client.Dispose());
        one.Occupy(_ => client.Dispose());
        return (own, one);
    }

    private static async Task CarryAsync(Socket client, (ClientPlace OfApp, ClientPlace OfAll) places, string appId, IngressTable table)
    {
        try
        {
            using (client)
            {
                KeepAlive(client);
                var tried = new List<IngressTable.Destination>();
                while (table.Find(appId) is { Kind: IngressKind.Tcp } app && app.Choose(tried, Environment.TickCount64) is { } destination)
                {
                    tried.Add(destination);
                    destination.Begin();
                    try
                    {
                        if (await TryCarryAsync(client, places, destination).ConfigureAwait(false))
                            return;
                    }
                    finally
                    {
                        destination.End();
                    }
                }
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // One of the two broke off, or the client's place was given to another one.
        }
        finally
        {
            places.OfApp.Dispose();
            places.OfAll.Dispose();
        }
    }

    // A peer that is gone without a word is noticed within two minutes; one that is only silent stays.
    private static void KeepAlive(Socket socket)
    {
        socket.NoDelay = true;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 60);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 10);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 6);
    }

    private static async Task<bool> TryCarryAsync(Socket client, (ClientPlace OfApp, ClientPlace OfAll) places, IngressTable.Destination destination)
    {
        using var upstream = new Socket(SocketType.Stream, ProtocolType.Tcp);
        KeepAlive(upstream);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        try
        {
            await upstream.ConnectAsync(IPEndPoint.Parse(destination.Address), patience.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            destination.Suspect(Environment.TickCount64);
            return false;
        }

        await Task.WhenAll(PumpAsync(client, upstream, Received), PumpAsync(upstream, client, Sent)).ConfigureAwait(false);
        return true;

        void Received()
        {
            places.OfApp.Received();
            places.OfAll.Received();
        }

        void Sent()
        {
            places.OfApp.Sent();
            places.OfAll.Sent();
        }
    }

    private static async Task PumpAsync(Socket from, Socket to, Action passed)
    {
        try
        {
            // One that is silent holds no memory.
            do
                await from.ReceiveAsync(Memory<byte>.Empty).ConfigureAwait(false);
            while (await PassAsync(from, to, passed).ConfigureAwait(false));

            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The other direction ends with this one.
            from.Dispose();
            to.Dispose();
        }
    }

    // What is there; false at the end.
    private static async Task<bool> PassAsync(Socket from, Socket to, Action passed)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            int read = await from.ReceiveAsync(buffer).ConfigureAwait(false);
            passed();
            for (int sent = 0; sent < read;)
                sent += await to.SendAsync(buffer.AsMemory(sent, read - sent)).ConfigureAwait(false);
            return read > 0;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Port {Port} of app {App} cannot be opened: {Why}")]
    private static partial void LogTaken(ILogger logger, int port, string app, string why);
}
