using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Frame = Qos.Control.Tests.Http2Stranger.Frame;
using Stand = Qos.Control.Tests.IngressLoopTests.Stand;

namespace Qos.Control.Tests;

/// <summary>Which headers pass the ingress, byte for byte on both sides: those that are for the next reader alone do not (RFC 9110, 7.6.1).</summary>
public class IngressHeadersTests
{
    private const string Forwarded = $"X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: {Stand.Host}\r\n";
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    public static TheoryData<string, string> Requests => new()
    {
        // Those of which each is for the next reader alone, named or not.
        {
            "Keep-Alive: timeout=5\r\nProxy-Connection: close\r\nProxy-Authorization: Basic x\r\nProxy-Authenticate: Basic\r\nTE: trailers, gzip\r\nHTTP2-Settings: AAMAAABk\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings, TE\r\nX: y\r\n",
            $"Host: {Stand.Host}\r\nX: y\r\n{Forwarded}"
        },

        // However they are named.
        { "Connection: x-one, X-TWO ,,\tx-three\r\nConnection: x-four\r\nX-One: 1\r\nX-Two: 2\r\nX-Three: 3\r\nX-Four: 4\r\nX-Fourth: 5\r\n", $"Host: {Stand.Host}\r\nX-Fourth: 5\r\n{Forwarded}" },
        { "Connection: keep-alive, Cookie\r\nCookie: a=b\r\nX: y\r\n", $"Host: {Stand.Host}\r\nX: y\r\n{Forwarded}" },

        { "Connection: X-One, close\r\nX-One: 1\r\nX: y\r\n", $"Host: {Stand.Host}\r\nX: y\r\n{Forwarded}" },

        // A client takes away what is its own, and nothing of what the ingress says.
        { "Connection: X-Forwarded-For, x-forwarded-proto, X-Forwarded-Host, Host\r\nX-Forwarded-For: 6.6.6.6\r\nX: y\r\n", $"Host: {Stand.Host}\r\nX: y\r\n{Forwarded}" },

        // What is no name names nothing.
        { "Connection: x y, \"x\", x:y, :authority, \u00e9\r\nX: y\r\n", $"Host: {Stand.Host}\r\nX: y\r\n{Forwarded}" },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task Of_a_requests_headers_the_app_gets_those_that_are_for_it(string sent, string received)
    {
        (string request, string answer) = await PassAsync($"GET / HTTP/1.1\r\nHost: {Stand.Host}\r\n{sent}\r\n", "\r\n\r\n", Ok);
        Assert.Equal($"GET / HTTP/1.1\r\n{received}\r\n", request);
        Assert.EndsWith("\r\n\r\nok", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Content-Length: 3\r\n", "abc", "Content-Length: 3\r\n\r\nabc")]
    [InlineData("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")]
    public async Task A_body_reaches_the_app_whatever_is_named(string framing, string body, string received)
    {
        (string request, string answer) = await PassAsync(
            $"POST / HTTP/1.1\r\nHost: {Stand.Host}\r\nConnection: Content-Length, Transfer-Encoding, Content-Type, X\r\nX: y\r\nContent-Type: text/plain\r\n{framing}\r\n{body}", received[^5..], Ok);
        Assert.Equal($"POST / HTTP/1.1\r\nHost: {Stand.Host}\r\n{Forwarded}{received}", request);
        Assert.EndsWith("\r\n\r\nok", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Connection: close, X-One, content-length\r\nX-One: 1\r\nX: y\r\nContent-Length: 2\r\n\r\nok", "Content-Length: 2\r\nX: y\r\n\r\nok")]
    [InlineData("Connection: X-One\r\nConnection: set-cookie, date\r\nX-One: 1\r\nSet-Cookie: a=b\r\nX: y\r\nContent-Length: 2\r\n\r\nok", "Content-Length: 2\r\nX: y\r\n\r\nok")]
    [InlineData("Keep-Alive: timeout=5\r\nProxy-Connection: close\r\nProxy-Authenticate: Basic\r\nProxy-Authentication-Info: x\r\nUpgrade: h2c\r\nTE: trailers\r\nX: y\r\nContent-Length: 2\r\n\r\nok", "Content-Length: 2\r\nX: y\r\n\r\nok")]
    [InlineData("Connection: x-one, transfer-encoding\r\nX-One: 1\r\nX: y\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", "Transfer-Encoding: chunked\r\nX: y\r\n\r\n2\r\nok\r\n0\r\n\r\n")]
    public async Task Of_an_answers_headers_the_client_gets_those_that_are_for_it(string sent, string received)
    {
        (_, string answer) = await PassAsync($"GET / HTTP/1.1\r\nHost: {Stand.Host}\r\n\r\n", "\r\n\r\n", $"HTTP/1.1 200 OK\r\n{sent}", received[^5..]);
        Assert.Equal($"HTTP/1.1 200 OK\r\n{received}", Dated().Replace(answer, ""));
    }

    [Fact]
    public async Task A_web_socket_is_opened_and_what_else_is_named_is_not_passed_on()
    {
        const string Handshake = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";
        (string request, string answer) = await PassAsync(
            $"GET /socket HTTP/1.1\r\nHost: {Stand.Host}\r\nConnection: Upgrade, X-One\r\nUpgrade: websocket\r\nX-One: 1\r\n{Handshake}\r\n",
            "\r\n\r\n",
            "HTTP/1.1 101 Switching Protocols\r\nConnection: x-two, upgrade\r\nUpgrade: websocket\r\nX-Two: 2\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\nhello",
            "hello");
        Assert.Equal($"GET /socket HTTP/1.1\r\nHost: {Stand.Host}\r\n{Handshake}{Forwarded}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n", request);
        Assert.Equal("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\nhello", Dated().Replace(answer, ""));
    }

    [Theory]
    [InlineData("1.1", "", "")]
    [InlineData("1.1", "Connection: keep-alive, X-One\r\n", "")]
    [InlineData("1.1", "Connection: X-One, Close\r\n", "Connection: close\r\n")]
    [InlineData("1.0", "Connection: Keep-Alive\r\n", "Connection: keep-alive\r\n")]
    [InlineData("1.0", "", "Connection: close\r\n")]
    public async Task A_connection_goes_on_or_ends_as_its_client_says(string version, string sent, string received)
    {
        (_, string answer) = await PassAsync($"GET / HTTP/{version}\r\nHost: {Stand.Host}\r\n{sent}\r\n", "\r\n\r\n", Ok);
        Assert.Equal($"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n{received}\r\nok", Dated().Replace(answer, ""));
    }

    [Fact]
    public async Task Of_an_answers_trailers_the_client_gets_those_that_are_for_it()
    {
        using var app = new TcpListener(IPAddress.Loopback, 0);
        app.Start();
        using var certificates = new TestCertificates("*.localhost");
        await using Stand stand = await Stand.StartAsync((IPEndPoint)app.LocalEndpoint, certificate: certificates.Files);
        await using Http2Stranger stranger = await Http2Stranger.ConnectAsync(await stand.ConnectAsync(), Stand.Host);
        byte[] headers = Http2Stranger.Headers((":method", "GET"), (":scheme", "https"), (":authority", Stand.Host), (":path", "/"), ("te", "trailers"));
        await stranger.SendAsync(Http2Stranger.Make(Frame.Headers, 5, stranger.NextStream(), headers));
        using Socket served = await app.AcceptSocketAsync();
        await ReadAsync(served, "\r\n\r\n");
        await served.SendAsync("HTTP/1.1 200 OK\r\nConnection: x-sum\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\nX-End: 2\r\n\r\n"u8.ToArray());
        while (await stranger.ReceiveAsync() is { } frame)
        {
            if (frame.Type != Frame.Headers || (frame.Flags & 1) == 0)
                continue;
            string trailers = Encoding.Latin1.GetString(frame.Payload);
            Assert.Contains("x-end", trailers, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("x-sum", trailers, StringComparison.OrdinalIgnoreCase);
            return;
        }

        Assert.Fail("no trailers came");
    }

    [Fact]
    public async Task An_app_of_grpc_is_told_that_trailers_are_taken()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0, static options => options.Protocols = HttpProtocols.Http2));
        await using WebApplication app = builder.Build();
        app.MapPost("/", static (HttpContext context) => $"{context.Request.Protocol}, te: {context.Request.Headers.TE}");
        await app.StartAsync();
        using var certificates = new TestCertificates("*.localhost");
        await using Stand stand = await Stand.StartAsync(new IPEndPoint(IPAddress.Loopback, new Uri(app.Urls.First()).Port), certificate: certificates.Files);
        await using Http2Stranger stranger = await Http2Stranger.ConnectAsync(await stand.ConnectAsync(), Stand.Host);
        int stream = stranger.NextStream();
        byte[] headers = Http2Stranger.Headers((":method", "POST"), (":scheme", "https"), (":authority", Stand.Host), (":path", "/"), ("te", "trailers"), ("content-type", "application/grpc"));
        await stranger.SendAsync([.. Http2Stranger.Make(Frame.Headers, 4, stream, headers), .. Http2Stranger.Make(Frame.Data, 1, stream, "abc"u8)]);
        Assert.Equal("HTTP/2, te: trailers", await stranger.AnswerAsync(stream));
    }

    // One request through the ingress: what the app got, and what the client.
    private static async Task<(string Request, string Answer)> PassAsync(string request, string requestEnds, string answer, string answerEnds = "ok")
    {
        using var app = new TcpListener(IPAddress.Loopback, 0);
        app.Start();
        await using Stand stand = await Stand.StartAsync((IPEndPoint)app.LocalEndpoint);
        using Socket client = await stand.ConnectAsync();
        await client.SendAsync(Encoding.UTF8.GetBytes(request));
        using Socket served = await app.AcceptSocketAsync();
        string received = await ReadAsync(served, requestEnds);
        await served.SendAsync(Encoding.Latin1.GetBytes(answer));
        return (received, await ReadAsync(client, answerEnds));
    }

    private static async Task<string> ReadAsync(Socket socket, string until)
    {
        string all = "";
        byte[] buffer = new byte[4096];
        for (int read; !all.EndsWith(until, StringComparison.Ordinal) && (read = await socket.ReceiveAsync(buffer)) > 0;)
            all += Encoding.Latin1.GetString(buffer, 0, read);
        return all;
    }

    private static System.Text.RegularExpressions.Regex Dated() => new("Date: [^\r]*\r\n");
}
