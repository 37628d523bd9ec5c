using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Qos.Fleet;
using Qos.Fleet.Storage;
using Qos.Fleet.World;
using Stand = Qos.Control.Tests.IngressLoopTests.Stand;

namespace Qos.Control.Tests;

/// <summary>What strangers send to the ingress, and what it keeps for them.</summary>
public class IngressStrangerTests
{
    [Fact]
    public async Task A_client_does_not_say_itself_where_its_request_comes_from()
    {
        await using Stand stand = await Stand.StartAsync(static app => app.MapGet("/headers", static (HttpContext context) =>
            string.Join('\n', context.Request.Headers.Where(static header => header.Key.Contains("orward", StringComparison.OrdinalIgnoreCase) || header.Key.Contains("real", StringComparison.OrdinalIgnoreCase))
                .Select(static header => $"{header.Key}: {header.Value}").Order(StringComparer.Ordinal))));
        string answer = await AskAsync(stand, "/headers", """
            X-Forwarded-For: 6.6.6.6
            x_forwarded_for: 6.6.6.6
            X-Forwarded_Proto: https
            X-Forwarded-Port: 1
            X-Forwarded-Prefix: /admin
            X-Real-IP: 6.6.6.6
            X_REAL_IP: 6.6.6.6
            Forwarded: for=6.6.6.6
            forwarde: d
            """);
        Assert.Contains($"\r\nX-Forwarded-For: 127.0.0.1\nX-Forwarded-Host: {Stand.Host}\nX-Forwarded-Proto: http\nforwarde: d", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Headers_that_are_not_ascii_pass_in_both_directions_as_they_are()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await using Stand stand = await Stand.StartAsync((IPEndPoint)listener.LocalEndpoint);
        Task<string> asking = AskAsync(stand, "/", "X-Name: Žofie \u010a");
        using Socket app = await listener.AcceptSocketAsync();
        string request = await ReadAsync(app, "\r\n\r\n");
        Assert.Contains("\r\nX-Name: " + Latin("Žofie \u010a") + "\r\n", request, StringComparison.Ordinal);
        await app.SendAsync(Encoding.UTF8.GetBytes("HTTP/1.1 200 OK\r\nX-Name: Žofie\r\nContent-Length: 2\r\n\r\nok"));
        string answer = await asking;
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nX-Name: " + Latin("Žofie") + "\r\n", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/a%2Fb/c%2fd;x=%3B,%2B+?q=%2F/?&r=%41%20b", "/a%2Fb/c%2fd;x=%3B,%2B+?q=%2F/?&r=%41%20b")]
    [InlineData("//evil.example/x@y:1", "//evil.example/x@y:1")]
    [InlineData("/a/../%2e%2E/b?c=../d", "/b?c=../d")]
    [InlineData("/a\\b^?\"", "/a%5Cb%5E?%22")]
    [InlineData("http://app-one.localhost/abs%41?x", "/absA?x")]
    public async Task A_requests_target_reaches_the_app_as_it_was_written_unless_it_is_odd(string sent, string received)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await using Stand stand = await Stand.StartAsync((IPEndPoint)listener.LocalEndpoint);
        Task<string> asking = AskAsync(stand, sent, "X: y");
        using Socket app = await listener.AcceptSocketAsync();
        string request = await ReadAsync(app, "\r\n\r\n");
        Assert.StartsWith($"GET {received} HTTP/1.1\r\n", request, StringComparison.Ordinal);
        await app.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"u8.ToArray());
        string answer = await asking;
        Assert.EndsWith("ok", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("\r\nServer:", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Clients_beyond_the_limit_are_closed_and_the_others_are_served()
    {
        await using Stand stand = await Stand.StartAsync(static app => app.MapGet("/who", static () => "app"), new ConnectionLimits(256));
        using HttpClient http = stand.Client();
        Assert.Equal("app", await http.GetStringAsync(new Uri("/who", UriKind.Relative)));
        var clients = new List<Socket>();
        try
        {
            for (int i = 0; i < 63; i++)
                clients.Add(await stand.ConnectAsync());
            using Socket more = await stand.ConnectAsync();
            int read;
            try
            {
                read = await more.ReceiveAsync(new byte[1]).WaitAsync(TimeSpan.FromSeconds(60));
            }
            catch (SocketException)
            {
                read = 0;
            }

            Assert.Equal(0, read);
            Assert.Equal("app", await http.GetStringAsync(new Uri("/who", UriKind.Relative)));
        }
        finally
        {
            clients.ForEach(static client => client.Dispose());
        }
    }

    [Fact]
    public async Task An_address_that_has_all_connections_gives_its_idlest_to_others()
    {
        await using Stand stand = await Stand.StartAsync(static app => app.MapGet("/who", static context =>
        {
            context.Response.ContentLength = 3;
            return context.Response.WriteAsync("app");
        }), new ConnectionLimits(256));
        var clients = new List<Socket>();
        try
        {
            for (int i = 0; i < 64; i++)
                clients.Add(await stand.ConnectAsync("127.0.0.1"));
            await Until.TrueAsync(() => stand.Clients == 64, "it does not take all connections");

            // The oldest is not the idlest.
            Assert.EndsWith("app", await AskOnAsync(clients[0]), StringComparison.Ordinal);
            for (int i = 1; i <= 8; i++)
            {
                Socket other = await stand.ConnectAsync("127.0.0.2");
                clients.Add(other);
                Assert.EndsWith("app", await AskOnAsync(other), StringComparison.Ordinal);
                Assert.True(await IsClosedAsync(clients[i]), $"the idlest, {i}, goes on");
            }

            // The others of the address are served, and what it opens beyond its share is closed.
            Assert.EndsWith("app", await AskOnAsync(clients[0]), StringComparison.Ordinal);
            Assert.EndsWith("app", await AskOnAsync(clients[9]), StringComparison.Ordinal);
            using Socket more = await stand.ConnectAsync("127.0.0.1");
            Assert.True(await IsClosedAsync(more), "the address with most gets more");
            Assert.EndsWith("app", await AskOnAsync(clients[64]), StringComparison.Ordinal);
        }
        finally
        {
            clients.ForEach(static client => client.Dispose());
        }

        await Until.TrueAsync(() => stand.Clients == 0, "connections that are gone are still counted");
        using HttpClient http = stand.Client();
        Assert.Equal("app", await http.GetStringAsync(new Uri("/who", UriKind.Relative)));
    }

    [Fact]
    public async Task Of_what_nobody_takes_little_is_kept()
    {
        const int Most = 64 * 1024, Turn = 64 * 1024;
        using var loop = new IngressLoop(0);
        (Socket served, Socket client) = await PairAsync();
        (Socket other, Socket otherClient) = await PairAsync();
        using (client)
        using (otherClient)
        {
            await using var connection = new LoopConnection(loop, served, MemoryPool<byte>.Shared, new ConnectionLimits(256).Places(TimeProvider.System).Take(IPAddress.Loopback, out _)!);
            await using var turns = new LoopStream(new LoopSocket(loop, other));

            // A client that takes nothing is cut off by the kernel.
            byte[] limit = new byte[4];
            served.GetRawSocketOption(6, 18, limit);
            Assert.Equal(60_000, BitConverter.ToInt32(limit));

            connection.Start();
            Task<int> sending = client.SendAsync(new byte[1024 * 1024]);
            for (int i = 0; i < 64; i++)
            {
                ValueTask<int> turn = turns.ReadAsync(new byte[1]);
                await otherClient.SendAsync(new byte[1]);
                await turn;
            }

            Assert.True(connection.Transport.Input.TryRead(out System.IO.Pipelines.ReadResult read));
            Assert.InRange(read.Buffer.Length, 1, Most + Turn);
            connection.Transport.Input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            connection.Abort(new Microsoft.AspNetCore.Connections.ConnectionAbortedException());
            await sending.ContinueWith(static _ => { }, TaskScheduler.Default);
        }
    }

    [Fact]
    public async Task One_replicas_requests_and_all_connections_have_an_end()
    {
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using Stand stand = await Stand.StartAsync(
            app =>
            {
                app.MapGet("/hold", async () =>
                {
                    await held.Task;
                    return "held";
                });
                app.MapGet("/who", static () => "app");
            },
            new ConnectionLimits(256));
        using HttpClient http = stand.Client();
        Task<string>[] waiting = [.. Enumerable.Range(0, 32).Select(_ => http.GetStringAsync(new Uri("/hold", UriKind.Relative)))];
        try
        {
            await Until.TrueAsync(() => stand.InFlight == 32, "not all of them are carried");
            using HttpResponseMessage more = await http.GetAsync(new Uri("/who", UriKind.Relative));
            Assert.Equal(HttpStatusCode.ServiceUnavailable, more.StatusCode);
            Assert.Contains("as many requests as they may have", await more.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
        finally
        {
            held.SetResult();
        }

        await Task.WhenAll(waiting);
        Assert.Equal("app", await http.GetStringAsync(new Uri("/who", UriKind.Relative)));
    }

    [Fact]
    public void The_process_may_have_as_many_descriptors_as_it_is_allowed_and_strangers_a_part_of_them()
    {
        var limits = ConnectionLimits.OfProcess();
        string[] line = File.ReadLines("/proc/self/limits").First(static line => line.StartsWith("Max open files", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(line[4], line[3]);
        int most = line[4] == "unlimited" ? 1 << 20 : (int)Math.Min(long.Parse(line[4], System.Globalization.CultureInfo.InvariantCulture), 1 << 20);
        Assert.InRange(limits.Clients + (2 * limits.Exchanged) + limits.Ingress + (2 * limits.Tcp), 1, most * 29 / 32);
    }

    [Fact]
    public async Task A_port_that_another_program_has_is_opened_as_soon_as_it_is_free()
    {
        int port = ControlService.FreePort();
        var taken = new TcpListener(IPAddress.Loopback, port);
        taken.Start();
        using var app = new TcpListener(IPAddress.Loopback, 0);
        app.Start();
        var log = new CountingLogger();
        using var ingress = new TcpIngress(Settings(), new ConnectionLimits(20_000), log);
        var table = new IngressTable();
        table.Replace([new IngressRoute("one", IngressKind.Tcp, port, "replica", app.LocalEndpoint.ToString()!)]);
        int before = Descriptors();
        for (int i = 0; i < 2000; i++)
            await ingress.ListenAsync(table, NoneAsync, default);
        Assert.InRange(Descriptors(), 0, before + 1000);
        Assert.Equal(1, log.Lines);
        taken.Stop();
        await ingress.ListenAsync(table, NoneAsync, default);
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port);
        await client.GetStream().WriteAsync("hello"u8.ToArray());
        using Socket served = await app.AcceptSocketAsync();
        Assert.Equal("hello", await ReadAsync(served, "hello"));
    }

    [Fact]
    public async Task An_address_that_has_all_connections_of_a_tcp_app_gives_its_idlest_to_others()
    {
        var limits = new ConnectionLimits(1024);
        int port = ControlService.FreePort();
        using var app = new TcpListener(IPAddress.Loopback, 0);
        app.Start();
        using var ingress = new TcpIngress(Settings(), limits, NullLogger<TcpIngress>.Instance);
        var table = new IngressTable();
        table.Replace([new IngressRoute("one", IngressKind.Tcp, port, "replica", app.LocalEndpoint.ToString()!)]);
        await ingress.ListenAsync(table, NoneAsync, default);
        var sockets = new List<Socket>();
        try
        {
            var clients = new List<Socket>();
            for (int i = 0; i < limits.TcpOfApp; i++)
                clients.Add(await ServedAsync("127.0.0.1"));

            // The oldest is not the idlest.
            await clients[0].SendAsync("x"u8.ToArray());
            Assert.Equal("x", await ReadAsync(sockets[1], "x"));
            await ServedAsync("127.0.0.2");
            Assert.True(await IsClosedAsync(clients[1]), "the idlest goes on");
            await ServedAsync("127.0.0.2");
            Assert.True(await IsClosedAsync(clients[2]), "the idlest goes on");
            await clients[0].SendAsync("y"u8.ToArray());
            Assert.Equal("y", await ReadAsync(sockets[1], "y"));

            using Socket more = await ConnectAsync("127.0.0.1");
            Assert.True(await IsClosedAsync(more), "the address with most gets more");
        }
        finally
        {
            sockets.ForEach(static socket => socket.Dispose());
        }

        // A client whose bytes reach the app and come back; both ends are kept.
        async Task<Socket> ServedAsync(string from)
        {
            Socket client = await ConnectAsync(from);
            sockets.Add(client);
            Socket served = await app.AcceptSocketAsync().WaitAsync(TimeSpan.FromSeconds(60));
            sockets.Add(served);
            await served.SendAsync("hello"u8.ToArray());
            Assert.Equal("hello", await ReadAsync(client, "hello"));
            return client;
        }

        async Task<Socket> ConnectAsync(string from)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
            await socket.ConnectAsync(IPAddress.Loopback, port);
            return socket;
        }
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task A_tcp_apps_port_is_open_while_its_replicas_are_away_and_closed_when_it_is_deleted_or_speaks_http(string kind)
    {
        Assert.SkipWhen(kind == "postgres" && PostgresServer.WhyNot is not null, PostgresServer.WhyNot ?? "");
        await using FleetWorld world = kind == "sqlite" ? await FleetWorld.OnSqliteAsync() : await FleetWorld.OnAsync(static time => FleetDatabase.OpenAsync(PostgresServer.One.NewDatabase(), time));
        FleetDatabase database = world.Database;
        int port = ControlService.FreePort();
        using var app = new TcpListener(IPAddress.Loopback, 0);
        app.Start();
        using var ingress = new TcpIngress(Settings(), new ConnectionLimits(20_000), NullLogger<TcpIngress>.Instance);
        var table = new IngressTable();
        Deployment tcp = await world.DeployAsync(with: static deployment => deployment with { Ingress = IngressKind.Tcp }), http = await world.DeployAsync();
        Assert.Equal(port, await database.IngressPortAsync(world.App.Id, port, port, default));
        await world.AddReadyReplicaAsync(tcp, 0, app.LocalEndpoint.ToString()!);
        Assert.False(await LooksAsync(live: null));
        Assert.True(await LooksAsync(tcp));
        Assert.True(await database.SaveReplicaAsync(Assert.Single(await world.ReplicasAsync()) with { State = ReplicaState.Gone }, default));
        Assert.True(await LooksAsync(live: null), "it is closed while no replica is ready");

        // Whether a replica of the one that speaks HTTP is ready or not.
        Assert.False(await LooksAsync(http));
        await world.AddReadyReplicaAsync(tcp, 1, app.LocalEndpoint.ToString()!);
        Assert.True(await LooksAsync(tcp));
        await world.AddReadyReplicaAsync(http, 0, app.LocalEndpoint.ToString()!);
        Assert.False(await LooksAsync(http));
        Assert.True(await LooksAsync(tcp));
        Assert.True(await database.DeleteAppAsync(await world.ActivityAsync(), "{}", world.App.Id, default));
        Assert.False(await LooksAsync(live: null), "the port of a deleted app is open");

        // Whether its port takes clients after a look at the database, with another deployment live or the same.
        async Task<bool> LooksAsync(Deployment? live)
        {
            if (live is not null)
                Assert.True(await database.SetLiveAsync(await world.ActivityAsync(), "{}", world.App.Id, live.Id, default));
            table.Replace(await database.RoutesAsync(default));
            await ingress.ListenAsync(table, database.TcpPortAsync, default);

            // From another address: a client from the same one could be given this port for its own, and reach itself.
            using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            client.Bind(new IPEndPoint(IPAddress.Parse("127.0.0.2"), 0));
            try
            {
                await client.ConnectAsync(IPAddress.Loopback, port);
                return true;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
            {
                return false;
            }
        }
    }

    private static Task<int?> NoneAsync(string appId, CancellationToken cancellationToken) => Task.FromResult<int?>(null);

    private static int Descriptors() => Directory.GetFileSystemEntries("/proc/self/fd").Length;

    private static ControlSettings Settings() => new()
    {
        Listen = "http://127.0.0.1:1",
        Database = "",
        Data = "",
        Images = [],
        Runner = new RunnerSettings { Kind = "local", Folder = "", Programs = "" },
        Ingress = new IngressSettings { Listen = "http://127.0.0.1:1" },
    };

    private static async Task<(Socket Served, Socket Client)> PairAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(listener.LocalEndpoint);
        return (await listener.AcceptSocketAsync(), client);
    }

    private static async Task<string> AskOnAsync(Socket client)
    {
        await client.SendAsync(Encoding.ASCII.GetBytes($"GET /who HTTP/1.1\r\nHost: {Stand.Host}\r\n\r\n"));
        return await ReadAsync(client, "\r\n\r\napp");
    }

    private static async Task<bool> IsClosedAsync(Socket client)
    {
        try
        {
            return await client.ReceiveAsync(new byte[1]).WaitAsync(TimeSpan.FromSeconds(60)) == 0;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    // The bytes of a text in UTF-8, one character each.
    private static string Latin(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));

    private static async Task<string> AskAsync(Stand stand, string path, string headers)
    {
        using Socket client = await stand.ConnectAsync();
        await client.SendAsync(Encoding.UTF8.GetBytes($"GET {path} HTTP/1.1\r\nHost: {Stand.Host}\r\nConnection: close\r\n{headers.ReplaceLineEndings("\r\n")}\r\n\r\n"));
        return await ReadAsync(client, null);
    }

    private static async Task<string> ReadAsync(Socket socket, string? until)
    {
        string all = "";
        byte[] buffer = new byte[4096];
        for (int read; (until is null || !all.EndsWith(until, StringComparison.Ordinal)) && (read = await socket.ReceiveAsync(buffer)) > 0;)
            all += Encoding.Latin1.GetString(buffer, 0, read);
        return all;
    }

    private sealed class CountingLogger : Microsoft.Extensions.Logging.ILogger<TcpIngress>
    {
        public int Lines { get; private set; }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(Microsoft.Extensions.Logging.LogLevel logLevel) => true;

        public void Log<TState>(Microsoft.Extensions.Logging.LogLevel logLevel, Microsoft.Extensions.Logging.EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Lines++;
    }
}
