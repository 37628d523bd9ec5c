using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Qos.Keys;
using Qos.Nsm;
using Qos.Protocol;
using Qos.Runtime.Tests;
using Qos.Transport;

namespace Qos.AppService.Tests;

/// <summary>The service over its socket: what it answers, and whom it cuts off. Format: docs/service.md.</summary>
public class AppServerTests
{
    [Fact]
    public async Task It_says_who_it_is()
    {
        await using RunningService service = new();
        using JsonDocument keys = JsonDocument.Parse(await BodyAsync(service, Get("/v1/keys")));
        Assert.Equal(service.App.EphemeralKey.ToHex(), keys.RootElement.GetProperty("ephemeralKey").GetString());
        Assert.Equal(service.App.QuorumKey.ToHex(), keys.RootElement.GetProperty("quorumKey").GetString());
        Assert.Equal(Convert.ToHexStringLower(service.App.Manifest.Hash()), keys.RootElement.GetProperty("manifestHash").GetString());
        string manifest = await BodyAsync(service, Get("/v1/manifest"));
        Assert.Equal(File.ReadAllText(service.Folder.PathOf("qos.manifest")), manifest);
    }

    [Fact]
    public async Task Its_signatures_and_proofs_are_those_that_the_app_would_make_itself()
    {
        await using RunningService service = new();
        foreach ((string path, byte[] expected) in new[]
        {
            ("/v1/sign/ephemeral", service.App.SignWithEphemeralKey("pay 5"u8)), ("/v1/sign/quorum", service.App.SignWithQuorumKey("pay 5"u8)),
        })
            Assert.Equal($$"""{"signature":"{{Convert.ToHexStringLower(expected)}}"}""", await BodyAsync(service, Post(path, "pay 5")));

        const string Payload = """{"timestampMs":"1758058763571","text":"a \"quote\""}""";
        Assert.Equal(Encoding.UTF8.GetString(service.App.SignProof(Payload).ToJson()), await BodyAsync(service, Post("/v1/proof", Payload)));
    }

    [Fact]
    public async Task It_encrypts_decrypts_and_derives()
    {
        await using RunningService service = new();
        byte[] envelope = Encoding.Latin1.GetBytes(await BodyAsync(service, Post("/v1/encrypt", "secret")));
        using (SecretMemory opened = service.App.DecryptWithQuorumKey(envelope))
            Assert.Equal("secret"u8.ToArray(), opened.Span.ToArray());
        Assert.Equal("secret", await BodyAsync(service, Post("/v1/decrypt", Encoding.Latin1.GetString(envelope))));

        // By the formula of the page on keys, with another implementation of it.
        using SecretMemory seed = service.Folder.Quorum.ExportSeed();
        byte[] expected = HKDF.DeriveKey(HashAlgorithmName.SHA512, seed.Span.ToArray(), 32, "qos_app_derived_key"u8.ToArray(), "backup"u8.ToArray());
        Assert.Equal($$"""{"key":"{{Convert.ToHexStringLower(expected)}}"}""", await BodyAsync(service, Post("/v1/derive", "backup")));
    }

    [Fact]
    public async Task A_document_carries_the_caller_s_nonce_beside_what_the_live_one_says()
    {
        await using RunningService service = new();
        byte[] document = Encoding.Latin1.GetBytes(await BodyAsync(service, Post("/v1/document", "a challenge")));
        AttestationDocument parsed = AttestationDocument.Parse(document);
        Assert.Equal("a challenge"u8.ToArray(), parsed.Nonce!.Value.ToArray());
        Assert.Equal(service.App.EphemeralKey.Bytes.ToArray(), parsed.PublicKey!.Value.ToArray());
        Assert.Equal(service.App.Manifest.Hash(), parsed.UserData!.Value.ToArray());
        Assert.Equal(service.Root.ToArray(), parsed.CaBundle[0].ToArray());
    }

    [Theory]
    [InlineData("GET", "/", "", 404)]
    [InlineData("GET", "/v1/sign/quorum", "", 405)]
    [InlineData("POST", "/v1/keys", "", 405)]
    [InlineData("GET", "/v1/keys", "x", 400)]
    [InlineData("POST", "/v1/proof", "{}", 422)]
    [InlineData("POST", "/v1/proof", "\u00ff", 422)]
    [InlineData("POST", "/v1/decrypt", "", 422)]
    [InlineData("POST", "/v1/decrypt", "no envelope", 422)]
    [InlineData("POST", "/v1/derive", "", 422)]
    [InlineData("POST", "/v1/derive", "\u00ff", 422)]
    [InlineData("POST", "/v1/document", "", 422)]
    public async Task What_cannot_be_done_is_said_in_one_line(string method, string path, string body, int status)
    {
        await using RunningService service = new();
        string answer = await service.ExchangeAsync($"{method} {path} HTTP/1.1\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        using JsonDocument error = JsonDocument.Parse(answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]);
        string line = error.RootElement.GetProperty("error").GetString()!;
        Assert.True(line.Length is > 8 and < 200 && !line.Contains('\n', StringComparison.Ordinal), line);
        if (status == 405)
            Assert.Contains(method == "GET" ? "\r\nAllow: POST\r\n" : "\r\nAllow: GET\r\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_and_nonces_have_their_longest()
    {
        await using RunningService service = new();
        foreach ((string path, int longest) in new[] { ("/v1/derive", 255), ("/v1/document", 512) })
        {
            Assert.StartsWith("HTTP/1.1 200 ", await service.ExchangeAsync(Post(path, new string('a', longest))), StringComparison.Ordinal);
            Assert.StartsWith("HTTP/1.1 422 ", await service.ExchangeAsync(Post(path, new string('a', longest + 1))), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_largest_body_is_taken_and_a_larger_one_is_refused_before_it_is_held()
    {
        await using RunningService service = new();
        string largest = new('x', AppRoutes.MaxBody);
        Assert.Contains(Convert.ToHexStringLower(service.App.SignWithQuorumKey(Encoding.ASCII.GetBytes(largest))), await service.ExchangeAsync(Post("/v1/sign/quorum", largest)), StringComparison.Ordinal);

        long before = GC.GetTotalAllocatedBytes();
        string refused = await service.ExchangeAsync("POST /v1/sign/quorum HTTP/1.1\r\nContent-Length: 999999999\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 413 ", refused, StringComparison.Ordinal);
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 50_000_000);
        Assert.StartsWith("HTTP/1.1 413 ", await service.ExchangeAsync(Post("/v1/sign/quorum", largest + "x")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Requests_in_any_pieces_and_one_behind_the_other_get_the_same_answers()
    {
        await using RunningService service = new();
        string both = Get("/v1/keys") + Post("/v1/sign/quorum", "hello") + Get("/v1/keys");
        string expected = await service.ExchangeAsync(both);
        Assert.Equal(3, expected.Split("HTTP/1.1 200 OK").Length - 1);
        foreach (int size in (int[])[1, 2, 3, 7, 50])
            Assert.Equal(expected, await service.ExchangeAsync(Encoding.ASCII.GetBytes(both).Chunk(size)));
    }

    [Fact]
    public async Task A_client_that_waits_for_the_word_gets_it_and_one_that_closes_is_closed()
    {
        await using RunningService service = new();
        using (Socket socket = await service.ConnectAsync())
        {
            await socket.SendAsync("POST /v1/sign/quorum HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"u8.ToArray());
            byte[] word = new byte[64];
            Assert.Equal("HTTP/1.1 100 Continue\r\n\r\n", Encoding.ASCII.GetString(word, 0, await socket.ReceiveAsync(word)));
            await socket.SendAsync("hi"u8.ToArray());
            string answer = await RunningService.ReadToEndAsync(socket);
            Assert.StartsWith("HTTP/1.1 200 OK\r\n", answer, StringComparison.Ordinal);
            Assert.Contains("\r\nConnection: close\r\n", answer, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_socket_is_the_owner_s_alone_and_goes_with_the_service()
    {
        string path;
        await using (RunningService service = new())
        {
            path = service.Socket;
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        }

        Assert.False(File.Exists(path));
    }

    [Theory]
    [InlineData("")]
    [InlineData("POST /v1/sign/quorum HTTP/1.1\r\nContent-Le")]
    [InlineData("POST /v1/sign/quorum HTTP/1.1\r\nContent-Length: 100\r\n\r\nhalf")]
    public async Task Who_is_silent_is_cut_off_and_holds_up_nobody(string begun)
    {
        ManualTime time = new();
        await using RunningService service = new(new AppServiceOptions { Time = time });
        using Socket slow = await service.ConnectAsync();
        await slow.SendAsync(Encoding.ASCII.GetBytes(begun));
        Assert.True(SpinWait.SpinUntil(() => service.Connections == 1, 30_000));
        Assert.StartsWith("HTTP/1.1 200 ", await service.ExchangeAsync(Get("/v1/keys")), StringComparison.Ordinal);
        Task<string> end = RunningService.ReadToEndAsync(slow);
        Assert.False(end.IsCompleted);
        Assert.True(SpinWait.SpinUntil(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return end.IsCompleted;
            },
            30_000));
        Assert.Equal("", await end);
    }

    [Fact]
    public async Task A_connection_too_many_takes_the_place_of_the_one_that_is_idle_for_longest()
    {
        await using RunningService service = new(new AppServiceOptions { MaxConnections = 4 });
        var all = new List<Socket>();
        for (int i = 0; i < 4; i++)
        {
            all.Add(await service.ConnectAsync());
            int open = i + 1;
            Assert.True(SpinWait.SpinUntil(() => service.Connections == open, 30_000));
        }

        // The first one speaks, so the second one is idle for longest, whether or not the first counts as idle again already.
        await AskAsync(all[0]);
        all.Add(await service.ConnectAsync());
        await AskAsync(all[4]);
        Assert.Equal("", await RunningService.ReadToEndAsync(all[1]));
        await AskAsync(all[0]);
        Assert.Equal(4, service.Connections);
        all.ForEach(socket => socket.Dispose());

        static async Task AskAsync(Socket socket)
        {
            await socket.SendAsync(Encoding.ASCII.GetBytes(Get("/v1/keys")));
            Assert.True(await socket.ReceiveAsync(new byte[4096]) > 0);
        }
    }

    [Fact]
    public async Task A_module_that_hangs_takes_some_connections_and_no_more()
    {
        using ManualResetEventSlim answers = new();
        HangingNsm module = new(answers);
        await using RunningService service = new(nsm: module);
        Task<string>[] asked = [.. Enumerable.Range(0, 8).Select(_ => service.ExchangeAsync(Post("/v1/document", "n")))];
        Assert.True(SpinWait.SpinUntil(() => service.Connections == 8 && module.Asked == 1, 30_000));
        string refused = "";
        Assert.True(SpinWait.SpinUntil(() => (refused = service.ExchangeAsync(Post("/v1/document", "n")).GetAwaiter().GetResult()).Length > 0, 30_000));
        Assert.StartsWith("HTTP/1.1 503 ", refused, StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 200 ", await service.ExchangeAsync(Get("/v1/keys")), StringComparison.Ordinal);
        answers.Set();
        foreach (Task<string> answer in asked)
            Assert.StartsWith("HTTP/1.1 502 ", await answer, StringComparison.Ordinal);
    }

    internal static string Get(string path) => $"GET {path} HTTP/1.1\r\nHost: app\r\n\r\n";

    internal static string Post(string path, string body) => $"POST {path} HTTP/1.1\r\nHost: app\r\nContent-Length: {body.Length}\r\n\r\n{body}";

    private static async Task<string> BodyAsync(RunningService service, string request)
    {
        string answer = await service.ExchangeAsync(request);
        int body = answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4;
        Assert.True(answer.StartsWith("HTTP/1.1 200 OK\r\n", StringComparison.Ordinal), answer);
        Assert.Contains($"\r\nContent-Length: {answer.Length - body}\r\n", answer, StringComparison.Ordinal);
        return answer[body..];
    }

    private sealed class HangingNsm(ManualResetEventSlim answers) : INsm
    {
        private int _asked;

        public int Asked => _asked;

        public NsmResponse Send(NsmRequest request)
        {
            Interlocked.Increment(ref _asked);
            answers.Wait();
            return new NsmResponse.Error(NsmError.InternalError);
        }
    }
}
