using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Qos.Keys;
using Qos.Sample.Echo;

namespace Qos.App.Tests;

public sealed class EchoTests : IDisposable
{
    private static readonly DateTimeOffset s_now = DateTimeOffset.FromUnixTimeMilliseconds(1_763_760_000_123);

    private readonly EnclaveFolder _folder = new();
    private readonly QosApp _app;
    private readonly EchoRoutes _routes;

    public EchoTests()
    {
        _app = _folder.Open();
        _routes = new EchoRoutes(_app, new FixedTime());
    }

    [Theory]
    [InlineData("""{"message":"hello","n":1.25}""")]
    [InlineData("[]")]
    [InlineData("\"text with \\u0000 and Ω\"")]
    [InlineData("null")]
    public void Json_comes_back_with_a_proof_over_it(string body)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(body);
        HttpResponse response = _routes.Answer(new HttpRequest("POST", "/echo", bytes));

        Assert.Equal(200, response.Status);
        using JsonDocument answer = JsonDocument.Parse(response.Body);
        Assert.Equal(body, answer.RootElement.GetProperty("echo").GetRawText());
        JsonElement proof = answer.RootElement.GetProperty("appProof");
        string payload = proof.GetProperty("proofPayload").GetString()!;
        PublicKey key = PublicKey.ParseHex(proof.GetProperty("publicKey").GetString());
        Assert.Equal(_folder.Ephemeral.PublicKey, key);
        Assert.True(key.Verify(Encoding.UTF8.GetBytes(payload), Convert.FromHexString(proof.GetProperty("signature").GetString()!)));

        using JsonDocument signed = JsonDocument.Parse(payload);
        Assert.Equal("1763760000123", signed.RootElement.GetProperty("timestampMs").GetString());
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes)), signed.RootElement.GetProperty("requestSha256").GetString());
        Assert.Equal(body, signed.RootElement.GetProperty("body").GetRawText());
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{} {}")]
    [InlineData("'a'")]
    [InlineData("\"\\ud800\"")]
    public void A_body_that_is_not_json_is_refused(string body) =>
        Assert.Equal(400, _routes.Answer(new HttpRequest("POST", "/echo", Encoding.UTF8.GetBytes(body))).Status);

    [Fact]
    public void Invalid_utf8_and_deep_nesting_are_refused()
    {
        Assert.Equal(400, _routes.Answer(new HttpRequest("POST", "/echo", new byte[] { (byte)'"', 0xff, (byte)'"' })).Status);
        string deep = new string('[', 61) + new string(']', 61);
        Assert.Equal(400, _routes.Answer(new HttpRequest("POST", "/echo", Encoding.UTF8.GetBytes(deep))).Status);
        string less = new string('[', 60) + new string(']', 60);
        Assert.Equal(200, _routes.Answer(new HttpRequest("POST", "/echo", Encoding.UTF8.GetBytes(less))).Status);
    }

    [Theory]
    [InlineData("GET", "/", 200)]
    [InlineData("GET", "/health", 200)]
    [InlineData("POST", "/", 405)]
    [InlineData("GET", "/echo", 405)]
    [InlineData("GET", "/other", 404)]
    public void Routes_answer(string method, string path, int status) =>
        Assert.Equal(status, _routes.Answer(new HttpRequest(method, path, default)).Status);

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "200")]
    [InlineData("GET /health?x=1 HTTP/1.1\r\nHost: a\r\n\r\nGET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "200 200")]
    [InlineData("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n[]GET / HTTP/1.1\r\nhost:a\r\n\r\n", "200 200")]
    [InlineData("GET / HTTP/1.0\r\n\r\n", "200")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "200")]
    [InlineData("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n", "100")]
    [InlineData("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n[]", "")]
    [InlineData("GET / HT", "")]
    [InlineData("", "")]
    [InlineData("GET / HTTP/1.1\r\n\r\n", "400")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400")]
    [InlineData("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "400")]
    [InlineData("GET / HTTP/1.1 x\r\nHost: a\r\n\r\n", "400")]
    [InlineData("G(T / HTTP/1.1\r\nHost: a\r\n\r\n", "400")]
    [InlineData("\r\n\r\n", "400")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", "400")]
    [InlineData("GET / HTTP/1.1\r\nHost : a\r\n\r\n", "400")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", "400")]
    [InlineData("GET / HTTP/1.1\r\nHost: \0\r\n\r\n", "400")]
    [InlineData("GET / HTTP/2.0\r\nHost: a\r\n\r\n", "505")]
    [InlineData("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n", "501")]
    [InlineData("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n[]", "400")]
    [InlineData("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: +2\r\n\r\n[]", "400")]
    [InlineData("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n[]", "400")]
    [InlineData("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\n", "413")]
    [InlineData("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", "413")]
    public async Task Requests_are_read_strictly_in_pieces_of_any_size(string sent, string statuses)
    {
        foreach (int piece in (int[])[1, 7, int.MaxValue])
            Assert.Equal(statuses, await StatusesAsync(sent, piece));
    }

    [Fact]
    public async Task A_head_without_end_is_refused()
    {
        string sent = "GET / HTTP/1.1\r\nHost: a\r\nX: " + new string('a', 40_000);
        Assert.Equal("431", await StatusesAsync(sent, 1000));
    }

    [Fact]
    public async Task A_large_body_within_the_limit_is_taken()
    {
        string body = $"\"{new string('a', HttpHead.MaxBody - 2)}\"";
        Assert.Equal("200", await StatusesAsync($"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: {body.Length}\r\n\r\n{body}", int.MaxValue));
    }

    [Theory]
    [InlineData("", 3000, null)]
    [InlineData("--port 80", 80, null)]
    [InlineData("--qos-dir /x --port 0", 0, "/x")]
    public void Options_are_read(string args, int port, string? directory) =>
        Assert.Equal(new EchoOptions((ushort)port, directory), EchoOptions.Parse(args.Split(' ', StringSplitOptions.RemoveEmptyEntries)));

    [Theory]
    [InlineData("--port")]
    [InlineData("--port 65536")]
    [InlineData("--port -1")]
    [InlineData("--port x")]
    [InlineData("--help me")]
    [InlineData("80")]
    public void Other_options_are_refused(string args) => Assert.Null(EchoOptions.Parse(args.Split(' ')));

    public void Dispose()
    {
        _app.Dispose();
        _folder.Dispose();
    }

    private async Task<string> StatusesAsync(string sent, int piece)
    {
        using PiecewiseStream stream = new(Encoding.Latin1.GetBytes(sent), piece);
        await new HttpServer(_routes.Answer).ServeAsync(stream, CancellationToken.None);
        string answer = Encoding.UTF8.GetString(stream.Written);
        return string.Join(' ', answer.Split("HTTP/1.1 ").Skip(1).Select(text => text[..3]));
    }

    private sealed class FixedTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => s_now;
    }
}
