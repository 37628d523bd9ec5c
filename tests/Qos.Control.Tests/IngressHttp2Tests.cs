using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Frame = Qos.Control.Tests.Http2Stranger.Frame;
using Stand = Qos.Control.Tests.IngressLoopTests.Stand;

namespace Qos.Control.Tests;

/// <summary>What strangers send to the ingress in frames of HTTP/2.</summary>
public class IngressHttp2Tests
{
    private const byte EndStream = 1;
    private const byte EndHeaders = 4;

    [Fact]
    public async Task Clients_that_open_and_reset_streams_without_end_leave_nothing_behind()
    {
        using var certificates = new TestCertificates("*.localhost");
        using var app = new TcpListener(IPAddress.Loopback, 0);
        app.Start();
        await using Stand stand = await Stand.StartAsync((IPEndPoint)app.LocalEndpoint, certificate: certificates.Files);
        byte[] headers = Http2Stranger.Headers(Pseudo("GET"));
        for (int client = 0; client < 40; client++)
        {
            await using Http2Stranger stranger = await Http2Stranger.ConnectAsync(await stand.ConnectAsync(), Stand.Host);
            try
            {
                for (int i = 0; i < 50; i++)
                {
                    var burst = new List<byte>();
                    for (int j = 0; j < 100; j++)
                    {
                        int stream = stranger.NextStream();
                        burst.AddRange(Http2Stranger.Make(Frame.Headers, EndStream | EndHeaders, stream, headers));
                        burst.AddRange(Http2Stranger.Make(Frame.Reset, 0, stream, [0, 0, 0, 8]));
                    }

                    await stranger.SendAsync([.. burst]);
                }
            }
            catch (IOException)
            {
                // The server has had enough of it.
            }
        }

        await Until.TrueAsync(() => stand.Clients == 0, "connections that are gone count against the limit");
        await Until.TrueAsync(() => stand.InFlight == 0, "requests that were reset are still carried");
    }

    [Fact]
    public async Task A_connection_that_is_closed_ends_whatever_its_server_waits_for()
    {
        var held = new TaskCompletionSource();
        using var closed = new CancellationTokenSource();
        var end = new ConnectionEnd(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        Task serving = end.Around(_ => held.Task)(new DefaultConnectionContext { ConnectionClosed = closed.Token });
        Assert.False(serving.IsCompleted, "an open one is ended");
        await closed.CancelAsync();
        await serving.WaitAsync(TimeSpan.FromSeconds(60));

        // What fails is still said.
        await Assert.ThrowsAsync<IOException>(() => end.Around(static _ => Task.FromException(new IOException()))(new DefaultConnectionContext()));
    }

    public static TheoryData<string, string> Refused => new()
    {
        { "x", "a\r\nEvil: 1" },
        { "x", "a\nb" },
        { "x", "a\rb" },
        { "x", "a\0b" },
        { "X", "upper case" },
        { "connection", "close" },
        { "te", "gzip" },
        { "content-length", "2" },
        { "content-length", "9" },
        { "content-length", "-1" },
        { "content-length", "3, 3" },
        { ":path", "/twice" },
        { ":status", "200" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public Task A_request_with_such_a_header_reaches_no_app(string name, string value) => IsRefusedAsync([.. Pseudo("POST"), (name, value)]);

    [Theory]
    [InlineData("GE T", "/", Stand.Host)]
    [InlineData("GET / HTTP/1.1\r\nX: y\r\n\r\nGET", "/", Stand.Host)]
    [InlineData("POST", "/ HTTP/1.1\r\nEvil: 1\r\nX: ", Stand.Host)]
    [InlineData("POST", "/\0", Stand.Host)]
    [InlineData("POST", "", Stand.Host)]
    [InlineData("POST", "relative", Stand.Host)]
    [InlineData("POST", "http://evil.example/", Stand.Host)]
    [InlineData("POST", "/", Stand.Host + "\r\nEvil: 1")]
    [InlineData("POST", "/", Stand.Host + "/x")]
    [InlineData("POST", "/", "evil@" + Stand.Host)]
    public Task A_request_of_such_a_form_reaches_no_app(string method, string path, string authority) => IsRefusedAsync(Pseudo(method, path, authority));

    [Fact]
    public async Task What_means_something_to_an_app_of_http_1_alone_does_not_reach_it()
    {
        using var app = new TcpListener(IPAddress.Loopback, 0);
        app.Start();
        using var certificates = new TestCertificates("*.localhost");
        await using Stand stand = await Stand.StartAsync((IPEndPoint)app.LocalEndpoint, certificate: certificates.Files);
        await using Http2Stranger stranger = await Http2Stranger.ConnectAsync(await stand.ConnectAsync(), Stand.Host);
        const string Body = "0\r\n\r\nGET /evil HTTP/1.1\r\nHost: evil\r\n\r\n";
        int stream = await AskAsync(
            stranger,
            [.. Pseudo("POST"), ("transfer-encoding", "chunked"), ("host", "other.example"), ("upgrade", "h2c"), ("keep-alive", "1"), ("proxy-connection", "close"), ("x y", "1"), ("x: y", "1"), ("x\r\nevil", "1"), ("x-plain", "1")],
            Body);
        using Socket served = await app.AcceptSocketAsync();
        string request = await ReadAsync(served, "\r\n0\r\n\r\n");
        Assert.Equal(
            $"POST / HTTP/1.1\r\nHost: {Stand.Host}\r\nx-plain: 1\r\nX-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: {Stand.Host}\r\nTransfer-Encoding: chunked\r\n\r\n{Body.Length:x}\r\n{Body}\r\n0\r\n\r\n",
            request,
            ignoreCase: true);
        await served.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"u8.ToArray());
        Assert.Equal("ok", await stranger.AnswerAsync(stream));
    }

    [Fact]
    public async Task Of_a_request_over_http_2_no_header_is_kept_and_the_next_one_has_its_own()
    {
        using var app = new TcpListener(IPAddress.Loopback, 0);
        app.Start();
        using var certificates = new TestCertificates("*.localhost");
        await using Stand stand = await Stand.StartAsync((IPEndPoint)app.LocalEndpoint, certificate: certificates.Files);
        await using Http2Stranger stranger = await Http2Stranger.ConnectAsync(await stand.ConnectAsync(), Stand.Host);
        foreach (string[] names in (string[][])[["cookie", "x-a"], ["cookie", "x-a"], [], ["x-b"]])
        {
            int stream = await AskAsync(stranger, [.. Pseudo("POST"), .. names.Select(static name => (name, "1"))], "abc");
            using Socket served = await app.AcceptSocketAsync();
            string request = await ReadAsync(served, "\r\n0\r\n\r\n");
            Assert.Equal(names, ((string[])["cookie", "x-a", "x-b"]).Where(name => request.Contains($"\r\n{name}: 1\r\n", StringComparison.OrdinalIgnoreCase)));
            await served.SendAsync("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"u8.ToArray());
            Assert.Equal("ok", await stranger.AnswerAsync(stream));
        }
    }

    private static (string Name, string Value)[] Pseudo(string method, string path = "/", string authority = Stand.Host) =>
        [(":method", method), (":scheme", "https"), (":authority", authority), (":path", path)];

    // An honest request that comes after it is the first of which the app hears.
    private static async Task IsRefusedAsync((string Name, string Value)[] headers)
    {
        using var app = new TcpListener(IPAddress.Loopback, 0);
        app.Start();
        using var certificates = new TestCertificates("*.localhost");
        await using Stand stand = await Stand.StartAsync((IPEndPoint)app.LocalEndpoint, certificate: certificates.Files);
        await using (Http2Stranger stranger = await Http2Stranger.ConnectAsync(await stand.ConnectAsync(), Stand.Host))
            Assert.Null(await stranger.AnswerAsync(await AskAsync(stranger, headers, "abc")));
        await using Http2Stranger honest = await Http2Stranger.ConnectAsync(await stand.ConnectAsync(), Stand.Host);
        int stream = await AskAsync(honest, Pseudo("POST", "/honest"), "abc");

        // A connection that was made for a request that broke off says nothing.
        while (true)
        {
            using Socket served = await app.AcceptSocketAsync();
            string request = await ReadAsync(served, "\r\n0\r\n\r\n");
            if (!request.StartsWith("POST /honest HTTP/1.1\r\n", StringComparison.Ordinal))
            {
                Assert.DoesNotContain("abc", request, StringComparison.Ordinal);
                Assert.DoesNotContain("evil", request, StringComparison.OrdinalIgnoreCase);
                continue;
            }

            await served.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"u8.ToArray());
            Assert.Equal("ok", await honest.AnswerAsync(stream));
            return;
        }
    }

    private static async Task<int> AskAsync(Http2Stranger stranger, (string Name, string Value)[] headers, string body)
    {
        int stream = stranger.NextStream();
        await stranger.SendAsync([.. Http2Stranger.Make(Frame.Headers, EndHeaders, stream, Http2Stranger.Headers(headers)), .. Http2Stranger.Make(Frame.Data, EndStream, stream, Encoding.ASCII.GetBytes(body))]);
        return stream;
    }

    private static async Task<string> ReadAsync(Socket socket, string until)
    {
        string all = "";
        byte[] buffer = new byte[4096];
        try
        {
            for (int read; !all.EndsWith(until, StringComparison.Ordinal) && (read = await socket.ReceiveAsync(buffer)) > 0;)
                all += Encoding.Latin1.GetString(buffer, 0, read);
        }
        catch (SocketException)
        {
            // It was reset.
        }

        return all;
    }
}
