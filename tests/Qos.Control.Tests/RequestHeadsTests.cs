using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Primitives;
using Stand = Qos.Control.Tests.IngressLoopTests.Stand;

namespace Qos.Control.Tests;

/// <summary>How much of what requests were asked with is held, and for how long.</summary>
public class RequestHeadsTests
{
    [Theory]
    [InlineData("HTTP/2", 1, 0, "")]
    [InlineData("HTTP/2", 5000, 0, "")]
    [InlineData("HTTP/1.1", 1, 2, "/path")]
    [InlineData("HTTP/1.1", 5000, 0, "/path")]
    public void Nothing_of_a_request_that_is_over_is_kept_but_short_headers_of_http_1(string protocol, int length, int headers, string path)
    {
        var heads = new RequestHeads(10_000);
        var trailers = new Trailers();
        HttpRequest request = Ask(protocol, length, trailers);
        Assert.True(heads.TryBegin(request, out int counted));
        Assert.Equal("/path?query".Length + "Cookie".Length + 3 + "x".Length + length, counted);
        Assert.Equal(length == 1 ? 0 : counted, heads.Taken);
        heads.End(request, counted);
        Assert.Equal((headers, 0, path, 0), (request.Headers.Count, trailers.All.Count, request.Path.Value, heads.Taken));
    }

    [Fact]
    public void Long_ones_have_an_end_together_and_short_ones_pass_by()
    {
        var heads = new RequestHeads(10_000);
        HttpRequest first = Ask("HTTP/1.1", 6000), small = Ask("HTTP/1.1", 100);
        Assert.True(heads.TryBegin(first, out int length));
        for (int i = 0; i < 3; i++)
        {
            // One that is refused is counted until it is over, and no longer.
            HttpRequest second = Ask("HTTP/1.1", 6000);
            Assert.False(heads.TryBegin(second, out int more));
            heads.End(second, more);
        }

        Assert.True(heads.TryBegin(small, out int little));
        heads.End(small, little);
        heads.End(first, length);
        Assert.Equal(0, heads.Taken);
        Assert.True(heads.TryBegin(Ask("HTTP/1.1", 6000), out _));
    }

    [Fact]
    public async Task Trailers_are_let_go_of_when_the_body_has_ended()
    {
        var trailers = new Trailers();
        HttpRequest request = Ask("HTTP/2", 1, trailers);
        var body = new WatchedBody(new MemoryStream("abc"u8.ToArray()), request.HttpContext.Features);
        byte[] buffer = new byte[10];
        Assert.Equal(3, await body.ReadAsync(buffer));
        Assert.Equal(0, await body.ReadAsync(Memory<byte>.Empty));
        Assert.Single(trailers.All);
        Assert.Equal(0, await body.ReadAsync(buffer));
        Assert.Empty(trailers.All);
    }

    [Fact]
    public async Task Requests_with_long_headers_that_an_app_holds_keep_out_no_short_ones_and_are_taken_again_afterwards()
    {
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var heads = new RequestHeads(35_000);
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
            heads: heads);
        using HttpClient http = stand.Client();
        Task<string>[] waiting = [.. Enumerable.Range(0, 3).Select(_ => http.SendAsync(Asks("/hold", 10_000)).ContinueWith(static answer => answer.Result.Content.ReadAsStringAsync(), TaskScheduler.Default).Unwrap())];
        try
        {
            await Until.TrueAsync(() => stand.InFlight == 3, "not all of them are carried");
            Assert.InRange(heads.Taken, 30_000, 35_000);
            using HttpResponseMessage more = await http.SendAsync(Asks("/who", 10_000));
            Assert.Equal(HttpStatusCode.ServiceUnavailable, more.StatusCode);
            Assert.Contains("too many requests with long headers", await more.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            using HttpResponseMessage small = await http.SendAsync(Asks("/who", 2000));
            Assert.Equal("app", await small.Content.ReadAsStringAsync());
        }
        finally
        {
            held.SetResult();
        }

        Assert.Equal(["held", "held", "held"], await Task.WhenAll(waiting));
        await Until.TrueAsync(() => heads.Taken == 0, "what is over is still counted");
        using HttpResponseMessage again = await http.SendAsync(Asks("/who", 10_000));
        Assert.Equal("app", await again.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task The_api_has_the_same_end()
    {
        await using ControlService service = await ControlService.StartAsync();
        RequestHeads heads = service.Services.GetRequiredService<RequestHeads>();
        using var http = new HttpClient { BaseAddress = service.Api };
        HttpRequest all = new DefaultHttpContext().Request;
        all.Headers["x"] = new StringValues([.. Enumerable.Repeat(new string('v', 1024 * 1024), 64)]);
        heads.TryBegin(all, out int length);
        using (HttpResponseMessage refused = await http.SendAsync(Asks("/healthz", 5000)))
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Equal("ok", await http.GetStringAsync(new Uri("/healthz", UriKind.Relative)));
        heads.End(all, length);
        await Until.TrueAsync(() => heads.Taken == 0, "what is over is still counted");
        using HttpResponseMessage taken = await http.SendAsync(Asks("/healthz", 5000));
        Assert.Equal("ok", await taken.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_connection_goes_on_after_a_request_with_long_headers()
    {
        using var app = new TcpListener(IPAddress.Loopback, 0);
        app.Start();
        await using Stand stand = await Stand.StartAsync((IPEndPoint)app.LocalEndpoint);
        using Socket client = await stand.ConnectAsync();
        Socket? served = null;
        foreach (string cookie in (string[])[new string('a', 20_000), new string('a', 20_000), "b", ""])
        {
            // Over a pooled connection, or a new one.
            await client.SendAsync(Encoding.ASCII.GetBytes($"POST / HTTP/1.1\r\nHost: {Stand.Host}\r\nContent-Length: 3\r\n{(cookie == "" ? "" : $"Cookie: {cookie}\r\n")}\r\nabc"));
            served ??= await app.AcceptSocketAsync();
            string request = await ReadAsync(served, "\r\n\r\nabc");
            Assert.Equal(cookie, request.Split("\r\n").FirstOrDefault(static line => line.StartsWith("Cookie: ", StringComparison.Ordinal))?[8..] ?? "");
            await served.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"u8.ToArray());
            Assert.EndsWith("\r\n\r\nok", await ReadAsync(client, "\r\n\r\nok"), StringComparison.Ordinal);
        }

        served!.Dispose();
    }

    private static HttpRequestMessage Asks(string path, int length)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative));
        request.Headers.Add("Cookie", new string('a', length));
        return request;
    }

    private static HttpRequest Ask(string protocol, int length, Trailers? trailers = null)
    {
        HttpRequest request = new DefaultHttpContext().Request;
        if (trailers is not null)
            request.HttpContext.Features.Set<IHttpRequestTrailersFeature>(trailers);
        (request.Protocol, request.Path, request.QueryString) = (protocol, "/path", new QueryString("?query"));
        request.Headers.Cookie = "a=b";
        request.Headers["x"] = new string('v', length);
        return request;
    }

    private static async Task<string> ReadAsync(Socket socket, string until)
    {
        string all = "";
        byte[] buffer = new byte[4096];
        for (int read; !all.EndsWith(until, StringComparison.Ordinal) && (read = await socket.ReceiveAsync(buffer)) > 0;)
            all += Encoding.Latin1.GetString(buffer, 0, read);
        return all;
    }

    private sealed class Trailers : IHttpRequestTrailersFeature
    {
        public bool Available => true;

        IHeaderDictionary IHttpRequestTrailersFeature.Trailers => All;

        public HeaderDictionary All { get; } = new() { ["x-sum"] = "1" };
    }
}
