using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Qos.Fleet;
using Qos.Fleet.Storage;

namespace Qos.Control.Tests;

/// <summary>The ingress on one loop, where whatever holds up the thread holds up everybody.</summary>
public class IngressLoopTests
{
    private const int Large = 16 * 1024 * 1024;
    private const TaskCreationOptions Elsewhere = TaskCreationOptions.RunContinuationsAsynchronously;

    [Fact]
    public async Task A_large_body_arrives_byte_for_byte_in_both_directions_at_a_peer_that_reads_little_at_a_time()
    {
        byte[] bytes = RandomNumberGenerator.GetBytes(Large);
        await using Stand stand = await Stand.StartAsync(app =>
        {
            app.MapPost("/up", async (HttpContext context) =>
            {
                context.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = null;
                await context.Response.WriteAsync(await HashAsync(context.Request.Body));
            });
            app.MapGet("/bytes", async (HttpContext context) => await context.Response.Body.WriteAsync(bytes));
        });
        using HttpClient http = stand.Client();
        using HttpResponseMessage posted = await http.PostAsync(new Uri("/up", UriKind.Relative), new ByteArrayContent(bytes));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes)), await posted.Content.ReadAsStringAsync());

        using HttpResponseMessage got = await http.GetAsync(new Uri("/bytes", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
        await using Stream body = await got.Content.ReadAsStreamAsync();
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes)), await HashAsync(body));
    }

    [Fact]
    public async Task Each_request_of_a_connection_goes_where_it_says_whatever_came_before_it()
    {
        await using Stand stand = await Stand.StartAsync(app => app.MapFallback((HttpContext context) => Results.Text($"{context.Request.Path}{context.Request.QueryString}")));
        using HttpClient http = stand.Client();
        foreach (string target in (string[])["/a", "/a", "/a?x=1", "/a?x=2", "/b?x=2", "/a", "/" + new string('c', 500), "/" + new string('c', 500), "/a"])
            Assert.Equal(target, await http.GetStringAsync(new Uri(target, UriKind.Relative)));

        foreach ((string host, HttpStatusCode expected) in ((string, HttpStatusCode)[])[("app-two.localhost", HttpStatusCode.ServiceUnavailable), (Stand.Host, HttpStatusCode.OK),
            ("one.localhost", HttpStatusCode.NotFound), (Stand.Host.ToUpperInvariant(), HttpStatusCode.OK)])
        {
            using var question = new HttpRequestMessage(HttpMethod.Get, new Uri("/a", UriKind.Relative)) { Headers = { Host = host } };
            using HttpResponseMessage answer = await http.SendAsync(question);
            Assert.Equal((host, expected), (host, answer.StatusCode));
        }
    }

    [Fact]
    public async Task Requests_are_answered_while_one_waits_and_another_sends_without_end()
    {
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var holding = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var sinking = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using Stand stand = await Stand.StartAsync(app =>
        {
            app.MapGet("/who", static () => Results.Text("app"));
            app.MapGet("/hold", async () =>
            {
                holding.TrySetResult();
                await held.Task;
                return Results.Text("held");
            });
            app.MapPost("/sink", async (HttpContext context) =>
            {
                context.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = null;
                byte[] buffer = new byte[64 * 1024];
                while (await context.Request.Body.ReadAsync(buffer) > 0)
                    sinking.TrySetResult();
            });
        });
        using HttpClient http = stand.Client();
        using var end = new CancellationTokenSource();
        Task<string> waiting = http.GetStringAsync(new Uri("/hold", UriKind.Relative));
        Task<HttpResponseMessage> endless = http.PostAsync(new Uri("/sink", UriKind.Relative), new EndlessContent(), end.Token);
        try
        {
            await holding.Task;
            await sinking.Task;
            for (int i = 0; i < 100; i++)
                Assert.Equal("app", await http.GetStringAsync(new Uri("/who", UriKind.Relative)));
            Assert.False(waiting.IsCompleted);
            Assert.False(endless.IsCompleted);
        }
        finally
        {
            held.SetResult();
            await end.CancelAsync();
        }

        Assert.Equal("held", await waiting);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => endless);
        await Until.TrueAsync(() => stand.InFlight == 0, "a request that was broken off is still carried");
    }

    [Fact]
    public async Task A_client_that_breaks_off_ends_its_request_at_the_app()
    {
        var aborted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using Stand stand = await Stand.StartAsync(app => app.MapGet("/hold", async (HttpContext context) =>
        {
            context.RequestAborted.Register(aborted.SetResult);
            arrived.SetResult();
            await aborted.Task;
        }));
        using (Socket client = await stand.ConnectAsync())
        {
            await client.SendAsync(Encoding.ASCII.GetBytes($"GET /hold HTTP/1.1\r\nHost: {Stand.Host}\r\n\r\n"));
            await arrived.Task;
            client.LingerState = new LingerOption(true, 0);
        }

        await aborted.Task;
        await Until.TrueAsync(() => stand.InFlight == 0, "a request that was broken off is still carried");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_app_that_closes_each_connection_after_its_answer_is_asked_over_a_new_one(bool isRude)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Task answering = AnswerOnceEachAsync(listener, isRude);
        await using (Stand stand = await Stand.StartAsync((IPEndPoint)listener.LocalEndpoint))
        {
            using HttpClient http = stand.Client();
            for (int i = 0; i < 50; i++)
                Assert.Equal("once", await http.GetStringAsync(new Uri("/", UriKind.Relative)));
        }

        listener.Stop();
        await answering;
    }

    [Fact]
    public async Task A_service_that_stops_lets_its_requests_end()
    {
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var holding = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using Stand stand = await Stand.StartAsync(app => app.MapGet("/hold", async () =>
        {
            holding.TrySetResult();
            await held.Task;
            return Results.Text("held");
        }));
        using HttpClient http = stand.Client();
        Task<string> waiting = http.GetStringAsync(new Uri("/hold", UriKind.Relative));
        await holding.Task;
        Task stopping = stand.StopAsync();
        await Until.TrueAsync(() => !stand.Accepts(), "it goes on accepting connections");
        Assert.False(stopping.IsCompleted);
        held.SetResult();
        Assert.Equal("held", await waiting);
        await stopping;
    }

    [Fact]
    public async Task A_socket_that_always_has_something_leaves_the_others_their_turn_and_goes_on_afterwards()
    {
        using var loop = new IngressLoop(0);
        (LoopSocket socket, Socket peer) = await PairAsync(loop);
        using (peer)
        using (socket)
        {
            await peer.SendAsync(new byte[1000]);
            await socket.Readable;
            int atOnce = 0, all = 0;
            byte[] one = new byte[1];
            for (; !socket.MustWait(); atOnce++)
                all += socket.TryReceive(one);
            Assert.InRange(atOnce, 1, 100);
            while (all < 1000)
            {
                if (socket.MustWait())
                    await socket.Readable;
                all += Math.Max(0, socket.TryReceive(one));
            }

            // And whoever reads more than there is waits for the kernel's next word, the end included.
            Assert.Equal(-1, socket.TryReceive(one));
            Assert.True(socket.MustWait());
            peer.Shutdown(SocketShutdown.Send);
            await socket.Readable;
            Assert.Equal(0, socket.TryReceive(one));
        }
    }

    [Fact]
    public async Task Who_reads_learns_that_the_connection_or_the_loop_was_closed()
    {
        using var loop = new IngressLoop(0);
        (LoopSocket first, Socket firstPeer) = await PairAsync(loop);
        (LoopSocket second, Socket secondPeer) = await PairAsync(loop);
        using (firstPeer)
        using (secondPeer)
        {
            await using var stream = new LoopStream(first);
            Task<int> reading = stream.ReadAsync(new byte[10]).AsTask(), readingToo = new LoopStream(second).ReadAsync(new byte[10]).AsTask();
            first.Dispose();
            await Assert.ThrowsAsync<IOException>(() => reading);
            Assert.False(readingToo.IsCompleted);
            loop.Dispose();
            await Assert.ThrowsAsync<IOException>(() => readingToo);
            await Assert.ThrowsAsync<ObjectDisposedException>(async () => await LoopSocket.ConnectAsync(loop, (IPEndPoint)firstPeer.LocalEndPoint!, CancellationToken.None));
        }
    }

    [Fact]
    public async Task A_connection_that_is_not_made_in_time_is_given_up_and_a_refused_one_says_so()
    {
        using var loop = new IngressLoop(0);
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var address = (IPEndPoint)listener.LocalEndPoint!;
        SocketException refused = await Assert.ThrowsAsync<SocketException>(async () => await LoopSocket.ConnectAsync(loop, address, CancellationToken.None));
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);

        // Nobody accepts, and the kernel's queue is full after the first.
        listener.Listen(0);
        using var end = new CancellationTokenSource();
        Task<LoopSocket>[] connecting = [.. Enumerable.Range(0, 4).Select(_ => LoopSocket.ConnectAsync(loop, address, end.Token).AsTask())];
        (await await Task.WhenAny(connecting)).Dispose();
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WhenAll(connecting));
        Assert.All(connecting, static task => Assert.True(task.IsCompleted));
        await Until.TrueAsync(() => connecting.Where(static task => task.IsCompletedSuccessfully).All(static task => { task.Result.Dispose(); return true; }) && loop.Count == 0, "the loop keeps sockets that were given up");
    }

    [Fact]
    public async Task What_happens_before_somebody_waits_is_remembered_once()
    {
        var edge = new LoopSocket.Edge();
        edge.Signal();
        edge.Signal();
        await edge;
        int woken = 0;
        edge.UnsafeOnCompleted(() => woken++);
        Assert.Equal(0, woken);
        edge.Signal();
        Assert.Equal(1, woken);
        Assert.False(edge.IsCompleted);
    }

    [Fact]
    public async Task The_end_of_a_connection_is_not_told_to_the_next_owner_of_its_descriptor()
    {
        using var loop = new IngressLoop(0);
        (LoopSocket busy, Socket busyPeer) = await PairAsync(loop);
        (LoopSocket first, Socket firstPeer) = await PairAsync(loop);
        (Socket old, Socket oldPeer) = Pair();
        (Socket next, Socket nextPeer) = Pair();
        using (busyPeer)
        using (firstPeer)
        using (oldPeer)
        using (next)
        using (nextPeer)
        using (busy)
        using (first)
        {
            var watched = new LoopSocket(loop, old);

            // The loop is held up twice: the first time until two events wait for it, the second time between the first one and the second one.
            TaskCompletionSource isBusy = new(Elsewhere), twoWait = new(Elsewhere), isBetween = new(Elsewhere), exchanged = new(Elsewhere);
            try
            {
                Hold(busy, isBusy, twoWait);
                Hold(first, isBetween, exchanged);
                await busyPeer.SendAsync(new byte[1]);
                await isBusy.Task;
                await firstPeer.SendAsync(new byte[1]);
                oldPeer.LingerState = new LingerOption(true, 0);
                oldPeer.Dispose();
                twoWait.SetResult();
                await isBetween.Task;
                loop.Remove(watched);
                Assert.Equal(watched.Descriptor, Tmds.Linux.LibC.dup2((int)next.Handle, watched.Descriptor));
                using var owner = new LoopSocket(loop, old);
                exchanged.SetResult();

                // What is told first is the new one's own, after the old one's has passed by.
                await owner.Writable;
                await nextPeer.SendAsync(new byte[1]);
                await owner.Readable;
                byte[] bytes = new byte[10];
                Assert.Equal(1, owner.TryReceive(bytes));
                Assert.True(owner.MustWait(), "it is taken for one that has ended");
            }
            finally
            {
                twoWait.TrySetResult();
                exchanged.TrySetResult();
            }
        }
    }

    [Fact]
    public async Task Who_finds_nothing_waits_whatever_was_told_of_the_end()
    {
        using var loop = new IngressLoop(0);
        (LoopSocket socket, Socket peer) = await PairAsync(loop);
        using (peer)
        using (socket)
        {
            socket.OnEvent(Tmds.Linux.LibC.EPOLLRDHUP | Tmds.Linux.LibC.EPOLLHUP);
            byte[] bytes = new byte[10];
            Assert.Equal(-1, socket.TryReceive(bytes));
            Assert.True(socket.MustWait(), "it would ask the kernel for ever");
            await socket.Readable;
            await peer.SendAsync(new byte[1]);
            await socket.Readable;
            Assert.Equal(1, socket.TryReceive(bytes));
        }
    }

    private static void Hold(LoopSocket socket, TaskCompletionSource reached, TaskCompletionSource held) => socket.Readable.UnsafeOnCompleted(() =>
    {
        reached.SetResult();
        held.Task.Wait();
    });

    private static (Socket, Socket) Pair()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var peer = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        peer.Connect(listener.LocalEndPoint!);
        return (listener.Accept(), peer);
    }

    private static async Task<(LoopSocket Socket, Socket Peer)> PairAsync(IngressLoop loop)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        LoopSocket socket = await LoopSocket.ConnectAsync(loop, (IPEndPoint)listener.LocalEndPoint!, CancellationToken.None);
        return (socket, await listener.AcceptAsync());
    }

    private static async Task<string> HashAsync(Stream body)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] little = new byte[1500];
        for (int read; (read = await body.ReadAsync(little)) > 0;)
            hash.AppendData(little, 0, read);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static async Task AnswerOnceEachAsync(TcpListener listener, bool isRude)
    {
        byte[] request = new byte[4096];
        while (true)
        {
            try
            {
                using Socket client = await listener.AcceptSocketAsync();
                string all = "";
                for (int read; !all.EndsWith("\r\n\r\n", StringComparison.Ordinal) && (read = await client.ReceiveAsync(request)) > 0;)
                    all += Encoding.ASCII.GetString(request, 0, read);
                await client.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nonce"u8.ToArray());

                // A request that comes now is neither read nor answered; where the app is rude, its connection is reset.
                if (isRude)
                    continue;
                client.Shutdown(SocketShutdown.Send);
                while (await client.ReceiveAsync(request) > 0)
                {
                }
            }
            catch (SocketException) when (listener.Server.IsBound)
            {
                // That client is gone.
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private sealed class EndlessContent : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            byte[] bytes = new byte[64 * 1024];
            while (true)
                await stream.WriteAsync(bytes, cancellationToken);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }

    /// <summary>The ingress alone, on one loop, before one app.</summary>
    internal sealed class Stand : IAsyncDisposable
    {
        public const string Host = "app-one.localhost";
        private readonly WebApplication _ingress;
        private readonly WebApplication? _app;
        private readonly IPEndPoint _address;

        private Stand(WebApplication ingress, WebApplication? app, IPEndPoint address) => (_ingress, _app, _address) = (ingress, app, address);

        public int InFlight => _ingress.Services.GetRequiredService<IngressTable>().InFlight("replica");

        public static async Task<Stand> StartAsync(Action<WebApplication> map, ConnectionLimits? limits = null, RequestHeads? heads = null)
        {
            WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            WebApplication app = builder.Build();
            map(app);
            await app.StartAsync();
            return await StartAsync(new IPEndPoint(IPAddress.Loopback, new Uri(app.Urls.First()).Port), app, limits, heads: heads);
        }

        public static async Task<Stand> StartAsync(IPEndPoint app, WebApplication? owned = null, ConnectionLimits? limits = null, CertificateSettings? certificate = null, RequestHeads? heads = null)
        {
            var address = new IPEndPoint(IPAddress.Loopback, ControlService.FreePort());
            WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0").UseKestrelHttpsConfiguration();
            builder.Services.AddSingleton(new ControlSettings
            {
                Listen = "http://127.0.0.1:1",
                Database = "",
                Data = "",
                Images = [],
                Runner = new RunnerSettings { Kind = "local", Folder = "", Programs = "" },
                Ingress = new IngressSettings { Listen = $"{(certificate is null ? "http" : "https")}://{address}", Certificate = certificate, MaxBody = long.MaxValue },
            });
            ControlServer.AddIngress(builder.Services);
            builder.Services.AddSingleton(static _ => new IngressLoops(1));
            if (limits is not null)
                builder.Services.AddSingleton(limits);
            if (heads is not null)
                builder.Services.AddSingleton(heads);
            WebApplication ingress = builder.Build();
            ingress.Services.GetRequiredService<IngressTable>().Replace([new IngressRoute("one", IngressKind.Http, null, "replica", app.ToString())]);
            await ingress.StartAsync();
            return new Stand(ingress, owned, address);
        }

        /// <summary>How many connections of clients count against the limit.</summary>
        public int Clients => _ingress.Services.GetRequiredService<IngressLoops>().Clients;

        public Task StopAsync() => _ingress.StopAsync();

        public HttpClient Client()
        {
            var client = new HttpClient { BaseAddress = new Uri($"http://{_address}") };
            client.DefaultRequestHeaders.Host = Host;
            return client;
        }

        public async Task<Socket> ConnectAsync(string? from = null)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            if (from is not null)
                socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
            try
            {
                await socket.ConnectAsync(_address);
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
            {
                // Refused so soon that it was not seen as connected.
            }

            return socket;
        }

        public bool Accepts()
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Connect(_address);
                return true;
            }
            catch (SocketException)
            {
                return false;
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _ingress.DisposeAsync();
            if (_app is not null)
                await _app.DisposeAsync();
        }
    }
}
