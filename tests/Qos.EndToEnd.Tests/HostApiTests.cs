using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Qos.EndToEnd.Local;
using Qos.Protocol;

namespace Qos.EndToEnd.Tests;

/// <summary>The host's HTTP API as its description says. Format: docs/protocol/host.md, HTTP API.</summary>
public sealed partial class HostApiTests(ITestOutputHelper output) : NodeTests(output)
{
    private const long MaxBody = 128L * 1024 * 1024;

    [Fact]
    public async Task Every_documented_route_exists_in_every_phase_with_a_documented_status()
    {
        using var quorum = Quorum.Deal();
        await using LocalNode node = await NodeAsync();
        await DocumentedAsync(node);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "WaitingForBootInstruction"), await GetAsync(node, "qos/enclave-health"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await GetAsync(node, "readyz")).Status);
        Assert.Equal(
            (HttpStatusCode.OK, """{"phase":"WaitingForBootInstruction","manifestEnvelope":null,"ephemeralKey":null}"""), await GetAsync(node, "qos/enclave-info"));

        ManifestEnvelope envelope = quorum.Approve(quorum.Manifest(node, Quiet));
        ReadOnlyMemory<byte> document = await node.BootAsync(envelope, Quiet);
        await DocumentedAsync(node);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "WaitingForQuorumShards"), await GetAsync(node, "qos/enclave-health"));

        await node.AskAsync(quorum.Share(0, node, document, envelope));
        await node.AskAsync(quorum.Share(1, node, document, envelope));
        await DocumentedAsync(node);
        Assert.Equal((HttpStatusCode.OK, "QuorumKeyProvisioned"), await GetAsync(node, "qos/enclave-health"));
        await Eventually.TrueAsync(async () => (await GetAsync(node, "readyz")).Status == HttpStatusCode.OK, () => $"The node does not become ready.\n{node.Log}");
        foreach (string probe in (string[])["healthz", "readyz"])
        {
            using HttpResponseMessage head = await node.Http.SendAsync(new HttpRequestMessage(HttpMethod.Head, probe));
            Assert.Equal((HttpStatusCode.OK, ""), (head.StatusCode, await head.Content.ReadAsStringAsync()));
        }

        using JsonDocument info = JsonDocument.Parse((await GetAsync(node, "qos/enclave-info")).Body);
        Assert.Equal("QuorumKeyProvisioned", info.RootElement.GetProperty("phase").GetString());
        Assert.Equal(260, info.RootElement.GetProperty("ephemeralKey").GetString()!.Length);
        Assert.Equal("test/end-to-end", info.RootElement.GetProperty("manifestEnvelope").GetProperty("manifest").GetProperty("namespace").GetProperty("name").GetString());

        Assert.Equal(0, await node.Enclave.TerminateAsync());
        await DocumentedAsync(node);
        Assert.Equal(HttpStatusCode.InternalServerError, (await GetAsync(node, "qos/enclave-health")).Status);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(node, "healthz")).Status);
        Assert.Equal(
            (HttpStatusCode.InternalServerError, """{"protocolErrorResponse":"EnclaveClient"}"""), await PostAsync(node, new StringContent("\"statusRequest\"")));
        await MetricAsync(node, "qos_enclave_reachable", 0);
        AssertReadable([.. node.Host.Output, .. node.Host.Errors]);
    }

    [Fact]
    public async Task Bodies_pass_with_and_without_an_announced_length()
    {
        await using LocalNode node = await NodeAsync();
        var status = (HttpStatusCode.OK, """{"statusResponse":"WaitingForBootInstruction"}""");
        Assert.Equal(status, await PostAsync(node, new StringContent("\"statusRequest\"")));
        Assert.Equal(status, await PostAsync(node, new PieceContent("\"statusRequest\""u8.ToArray(), 15)));
        Assert.Equal((HttpStatusCode.OK, "\u0002\u0001"), await PostAsync(node, new ByteArrayContent([1])));

        // More than is kept in memory, and no message.
        (HttpStatusCode code, string answer) = await PostAsync(node, new PieceContent(new byte[1024 * 1024], 3 * 1024 * 1024));
        Assert.Equal((HttpStatusCode.OK, """{"protocolErrorResponse":"ProtocolMsgDeserialization"}"""), (code, answer));
    }

    [Fact]
    public async Task Bodies_that_are_too_long_are_refused()
    {
        await using LocalNode node = await NodeAsync();
        var oversize = (HttpStatusCode.BadRequest, """{"protocolErrorResponse":"OversizeMsg"}""");
        byte[] piece = new byte[1024 * 1024];

        // Announced: refused before anything is sent.
        using (var announced = new PieceContent(piece, MaxBody + 1, announce: true))
        using (var request = new HttpRequestMessage(HttpMethod.Post, "qos/message") { Content = announced })
        {
            request.Headers.ExpectContinue = true;
            using HttpResponseMessage response = await node.Http.SendAsync(request);
            Assert.Equal(oversize, (response.StatusCode, await response.Content.ReadAsStringAsync()));
            Assert.Equal(0, announced.Sent);
        }

        await ChunkedOversizeAsync(node, piece);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(node, "qos/host-health")).Status);
        Assert.InRange(node.Host.StatusBytes("VmHWM"), 0, 128L * 1024 * 1024);
    }

    [Fact]
    public async Task Metrics_are_in_the_text_form_that_Prometheus_reads()
    {
        await using LocalNode node = await NodeAsync();
        await PostAsync(node, new StringContent("\"statusRequest\""));
        await GetAsync(node, "qos/enclave-health");
        using HttpResponseMessage response = await node.Http.GetAsync("metrics");
        Assert.StartsWith("text/plain; version=0.0.4", response.Content.Headers.ContentType!.ToString(), StringComparison.Ordinal);
        string text = await response.Content.ReadAsStringAsync();
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        Assert.All(text.TrimEnd('\n').Split('\n'), line => Assert.Matches(MetricsLine(), line));
        await MetricAsync(node, "qos_host_messages_total", 1);
        await MetricAsync(node, "qos_host_message_bytes_total", 15);
        await MetricAsync(node, "qos_enclave_reachable", 1);
        Assert.Contains("\nkestrel_active_connections{", text, StringComparison.Ordinal);
        Assert.Contains("\ndotnet_gc_collections_total{", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_not_documented_does_not_exist()
    {
        await using LocalNode node = await NodeAsync(new NodeSetup { Host = ["--base-path", "/enclave/a"] });
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync(node, "qos/enclave-health")).Status);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await GetAsync(node, "enclave/a/enclave-health")).Status);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await GetAsync(node, "enclave/a/message")).Status);
        Assert.Contains("\"/enclave/a/message\"", (await GetAsync(node, "openapi.json")).Body, StringComparison.Ordinal);
    }

    private static async Task ChunkedOversizeAsync(LocalNode node, byte[] piece)
    {
        using var content = new PieceContent(piece, MaxBody + 1);
        try
        {
            (HttpStatusCode status, string body) = await PostAsync(node, content);
            Assert.Equal((HttpStatusCode.BadRequest, """{"protocolErrorResponse":"OversizeMsg"}"""), (status, body));
        }
        catch (Exception e) when (e is HttpRequestException or SocketException)
        {
            // The answer was there before the whole body was sent, and the client had no eyes for it; what counts is the counter.
        }

        await MetricAsync(node, "qos_host_messages_oversized_total", 2);
    }

    private static async Task MetricAsync(LocalNode node, string name, long value)
    {
        string text = "";
        await Eventually.TrueAsync(
            async () => (text = (await GetAsync(node, "metrics")).Body).Split('\n').Any(line =>
                line.StartsWith(name + "{", StringComparison.Ordinal) && line.EndsWith($" {value}", StringComparison.Ordinal)),
            () => $"{name} does not become {value}:\n{text}\n{node.Log}");
    }

    private static async Task DocumentedAsync(LocalNode node)
    {
        using JsonDocument document = JsonDocument.Parse((await GetAsync(node, "openapi.json")).Body);
        foreach (JsonProperty path in document.RootElement.GetProperty("paths").EnumerateObject())
        {
            foreach (JsonProperty method in path.Value.EnumerateObject())
            {
                using var request = new HttpRequestMessage(HttpMethod.Parse(method.Name), path.Name);
                if (method.Name == "post")
                    request.Content = new StringContent("\"versionRequest\"");
                using HttpResponseMessage response = await node.Http.SendAsync(request);
                string status = ((int)response.StatusCode).ToString(System.Globalization.CultureInfo.InvariantCulture);
                Assert.True(
                    method.Value.GetProperty("responses").TryGetProperty(status, out JsonElement answer), $"{method.Name} {path.Name} answers {status}, which is not documented");
                string type = response.Content.Headers.ContentType!.MediaType!;
                Assert.True(
                    answer.GetProperty("content").TryGetProperty(type, out _), $"{method.Name} {path.Name} answers {status} in {type}, which is not documented");
            }
        }
    }

    private static async Task<(HttpStatusCode Status, string Body)> GetAsync(LocalNode node, string path)
    {
        using HttpResponseMessage response = await node.Http.GetAsync(path);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    private static async Task<(HttpStatusCode Status, string Body)> PostAsync(LocalNode node, HttpContent content)
    {
        using (content)
        {
            using HttpResponseMessage response = await node.Http.PostAsync("qos/message", content);
            return (response.StatusCode, Encoding.Latin1.GetString(await response.Content.ReadAsByteArrayAsync()));
        }
    }

    [GeneratedRegex("""^(# (HELP|TYPE|UNIT) [a-z0-9_]+ .+|# EOF|[a-z0-9_]+(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? ([0-9.e+-]+|\+Inf)( [0-9]+)?)$""")]
    private static partial Regex MetricsLine();

    /// <summary>A body of any length out of one piece; with no announced length it goes out in chunks.</summary>
    private sealed class PieceContent(byte[] piece, long length, bool announce = false) : HttpContent
    {
        public long Sent { get; private set; }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            while (Sent < length)
            {
                int count = (int)Math.Min(piece.Length, length - Sent);
                await stream.WriteAsync(piece.AsMemory(0, count));
                Sent += count;
            }
        }

        protected override bool TryComputeLength(out long known)
        {
            known = length;
            return announce;
        }
    }
}
