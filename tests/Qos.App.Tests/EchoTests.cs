using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Qos.Keys;
using Qos.Sample.Echo;

namespace Qos.App.Tests;

/// <summary>The sample, served by Kestrel and asked over the loopback.</summary>
public sealed class EchoTests : IAsyncLifetime, IDisposable
{
    private static readonly DateTimeOffset s_now = DateTimeOffset.FromUnixTimeMilliseconds(1_763_760_000_123);

    private readonly EnclaveFolder _folder = new();
    private readonly HttpClient _client = new(new SocketsHttpHandler { Expect100ContinueTimeout = TimeSpan.FromMinutes(1) });
    private readonly QosApp _app;
    private readonly WebApplication _server;

    public EchoTests()
    {
        _app = _folder.Open();
        _server = EchoServer.Build(_app, 0, new FixedTime());
    }

    public async ValueTask InitializeAsync()
    {
        await _server.StartAsync();
        _client.BaseAddress = new Uri(_server.Urls.Single());
    }

    [Fact]
    public void It_listens_on_the_loopback_alone() => Assert.Equal("127.0.0.1", _client.BaseAddress!.Host);

    [Theory]
    [InlineData("""{"message":"hello","n":1.25}""")]
    [InlineData("[]")]
    [InlineData("\"text with \\u0000 and Ω\"")]
    [InlineData("null")]
    public async Task Json_comes_back_with_a_proof_over_it(string body)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(body);
        using HttpResponseMessage response = await PostAsync(bytes);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        using JsonDocument answer = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync());
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
    public async Task A_body_that_is_not_json_is_refused(string body) => Assert.Equal(400, await PostedStatusAsync(Encoding.UTF8.GetBytes(body)));

    [Fact]
    public async Task Invalid_utf8_and_deep_nesting_are_refused()
    {
        Assert.Equal(400, await PostedStatusAsync([(byte)'"', 0xff, (byte)'"']));
        Assert.Equal(400, await PostedStatusAsync(Encoding.UTF8.GetBytes(new string('[', 61) + new string(']', 61))));
        Assert.Equal(200, await PostedStatusAsync(Encoding.UTF8.GetBytes(new string('[', 60) + new string(']', 60))));
    }

    [Fact]
    public async Task A_body_has_at_most_1_MiB()
    {
        const int Limit = 1024 * 1024;
        Assert.Equal(200, await PostedStatusAsync(Encoding.UTF8.GetBytes($"\"{new string('a', Limit - 2)}\"")));
        Assert.Equal(413, await PostedStatusAsync(Encoding.UTF8.GetBytes($"\"{new string('a', Limit - 1)}\"")));
    }

    [Theory]
    [InlineData("GET", "/", 200)]
    [InlineData("GET", "/health", 200)]
    [InlineData("POST", "/", 405)]
    [InlineData("GET", "/echo", 405)]
    [InlineData("GET", "/other", 404)]
    public async Task Routes_answer(string method, string path, int status)
    {
        using HttpRequestMessage request = new(new HttpMethod(method), path);
        using HttpResponseMessage response = await _client.SendAsync(request);
        Assert.Equal(status, (int)response.StatusCode);
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

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        Dispose();
    }

    public void Dispose()
    {
        _client.Dispose();
        _app.Dispose();
        _folder.Dispose();
    }

    private async Task<int> PostedStatusAsync(byte[] body)
    {
        using HttpResponseMessage response = await PostAsync(body);
        return (int)response.StatusCode;
    }

    private async Task<HttpResponseMessage> PostAsync(byte[] body)
    {
        // The body follows when the server wants it: one that is refused unread would meet a closed connection, and the answer be lost with it.
        using HttpRequestMessage request = new(HttpMethod.Post, new Uri("/echo", UriKind.Relative)) { Content = new ByteArrayContent(body), Headers = { ExpectContinue = true } };
        return await _client.SendAsync(request);
    }

    private sealed class FixedTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => s_now;
    }
}
