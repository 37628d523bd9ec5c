using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Qos.Listening.Tests;

/// <summary>A web server with few places, and clients at several addresses of the loopback.</summary>
public sealed class ClientListenerTests
{
    private const int Most = 8;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task An_address_that_holds_all_connections_keeps_nobody_out()
    {
        await using var server = new Server();
        await server.StartAsync(static _ => Task.CompletedTask);
        var clients = new List<Socket>();
        try
        {
            for (int i = 0; i < Most; i++)
                clients.Add(await server.ConnectAsync("127.0.0.1"));
            await server.HasAsync(Most);

            // The oldest is not the idlest.
            Assert.EndsWith("well", await AskAsync(clients[0]), StringComparison.Ordinal);
            for (int i = 1; i <= 3; i++)
            {
                clients.Add(await server.ConnectAsync("127.0.0.2"));
                Assert.EndsWith("well", await AskAsync(clients[^1]), StringComparison.Ordinal);
                Assert.True(await IsClosedAsync(clients[i]), $"connection {i}, the idlest, goes on");
            }

            Assert.EndsWith("well", await AskAsync(clients[0]), StringComparison.Ordinal);
            using Socket more = await server.ConnectAsync("127.0.0.1");
            Assert.True(await IsClosedAsync(more), "the address with most gets more");
            Assert.EndsWith("well", await AskAsync(clients[Most]), StringComparison.Ordinal);
            Assert.Equal(4, server.Closed);
        }
        finally
        {
            clients.ForEach(static client => client.Dispose());
        }

        await server.HasAsync(0);
    }

    [Fact]
    public async Task A_request_that_is_answered_slowly_goes_after_what_is_idle()
    {
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var asked = new SemaphoreSlim(0);
        await using var server = new Server();
        await server.StartAsync(async context =>
        {
            if (context.Request.Path != "/hold")
                return;
            asked.Release();
            await held.Task;
        });
        var clients = new List<Socket>();
        try
        {
            for (int i = 0; i < Most; i++)
                clients.Add(await server.ConnectAsync("127.0.0.1"));
            await clients[0].SendAsync("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());
            Assert.True(await asked.WaitAsync(s_patience), "the request does not arrive");
            for (int i = 1; i <= 3; i++)
            {
                clients.Add(await server.ConnectAsync("127.0.0.2"));
                Assert.EndsWith("well", await AskAsync(clients[^1]), StringComparison.Ordinal);
                Assert.True(await IsClosedAsync(clients[i]), $"connection {i}, which is idle, goes on");
            }

            held.SetResult();
            Assert.EndsWith("well", await ReadAsync(clients[0]), StringComparison.Ordinal);
        }
        finally
        {
            held.TrySetResult();
            clients.ForEach(static client => client.Dispose());
        }
    }

    [Fact]
    public async Task A_client_that_sends_no_more_keeps_its_place_while_its_request_is_worked_on()
    {
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var gone = new SemaphoreSlim(0);
        await using var server = new Server();
        await server.StartAsync(async context =>
        {
            using CancellationTokenRegistration registration = context.RequestAborted.Register(() => gone.Release());
            await held.Task;
        });
        try
        {
            using Socket client = await server.ConnectAsync("127.0.0.1");
            await client.SendAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());
            client.Shutdown(SocketShutdown.Send);
            Assert.True(await gone.WaitAsync(s_patience), "the client's end is not noticed");
            Assert.Equal(1, server.Count);
        }
        finally
        {
            held.TrySetResult();
        }

        await server.HasAsync(0);
    }

    [Fact]
    public void Where_it_cannot_listen_is_said()
    {
        using var connections = new SocketConnections(new SocketConnectionFactoryOptions(), NullLogger.Instance);
        var elsewhere = new IPEndPoint(IPAddress.Parse("192.0.2.1"), 8088);
        IOException refused = Assert.Throws<IOException>(() => new ClientListener(elsewhere, new ClientPlaces(1, 1, TimeProvider.System), connections, TimeProvider.System, NullLogger.Instance));
        Assert.StartsWith("Cannot listen on 192.0.2.1:8088: ", refused.Message, StringComparison.Ordinal);

        var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        refused = Assert.Throws<IOException>(() => new ClientListener(taken.LocalEndpoint, new ClientPlaces(1, 1, TimeProvider.System), connections, TimeProvider.System, NullLogger.Instance));
        Assert.StartsWith($"Cannot listen on {taken.LocalEndpoint}: ", refused.Message, StringComparison.Ordinal);
        taken.Dispose();
    }

    private static async Task<string> AskAsync(Socket client)
    {
        await client.SendAsync("GET /who HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());
        return await ReadAsync(client);
    }

    private static async Task<string> ReadAsync(Socket client)
    {
        string all = "";
        byte[] buffer = new byte[4096];
        for (int read; !all.EndsWith("\r\n\r\nwell", StringComparison.Ordinal) && (read = await client.ReceiveAsync(buffer).WaitAsync(s_patience)) > 0;)
            all += Encoding.Latin1.GetString(buffer, 0, read);
        return all;
    }

    private static async Task<bool> IsClosedAsync(Socket client)
    {
        try
        {
            return await client.ReceiveAsync(new byte[1]).WaitAsync(s_patience) == 0;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    private sealed class Server : IAsyncDisposable
    {
        private readonly ClientPlaces _places = new(Most, Most, TimeProvider.System);
        private WebApplication? _app;
        private int _closed;

        public int Count => _places.Count;

        public int Closed => Volatile.Read(ref _closed);

        public async Task StartAsync(Func<HttpContext, Task> work)
        {
            WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            builder.Services.AddSingleton<IConnectionListenerFactory>(new ClientListenerFactory(
                _ => _places, new SocketConnectionFactoryOptions(), TimeProvider.System, NullLoggerFactory.Instance, () => Interlocked.Increment(ref _closed)));
            _app = builder.Build();
            _app.Run(async context =>
            {
                await work(context);
                context.Response.ContentLength = 4;
                await context.Response.WriteAsync("well");
            });
            await _app.StartAsync();
        }

        public async Task<Socket> ConnectAsync(string from)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, new Uri(_app!.Urls.First()).Port);
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
            {
                // Refused so soon that it was not seen as connected.
            }

            return socket;
        }

        public async Task HasAsync(int connections)
        {
            for (int i = 0; i < 6000 && Count != connections; i++)
                await Task.Delay(10);
            Assert.Equal(connections, Count);
        }

        public async ValueTask DisposeAsync() => await _app!.DisposeAsync();
    }
}
