using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Qos.Client;
using Qos.EndToEnd.Local;
using Qos.Protocol;

namespace Qos.EndToEnd.Tests;

/// <summary>What strangers do to a host, and an enclave that does nothing: the host lives and answers.</summary>
public sealed class HostLoadTests(ITestOutputHelper output) : NodeTests(output)
{
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(2);
    private static readonly string[] s_questions = ["readyz", "healthz", "metrics", "qos/enclave-health", "qos/enclave-info"];

    [Fact]
    public async Task Slow_uploads_keep_nobody_out()
    {
        using var quorum = Quorum.Deal();
        await using LocalNode node = await NodeAsync();
        var slow = new List<Socket>();
        try
        {
            for (int i = 0; i < 32; i++)
                slow.Add(await SlowUploadAsync(node.HostAddress));
            foreach (string question in s_questions)
                await SoonAsync(node, question);

            using var boot = new BootContent(quorum.Approve(quorum.Manifest(node, Quiet)), BootRequestForm.StandardJson, Quiet);
            using HttpResponseMessage answer = await node.Http.PostAsync("qos/message", boot);
            string text = await answer.Content.ReadAsStringAsync();
            Assert.True(answer.StatusCode == HttpStatusCode.OK && text.Contains("bootStandardResponse", StringComparison.Ordinal), $"{answer.StatusCode} {text}");
        }
        finally
        {
            slow.ForEach(socket => socket.Dispose());
        }
    }

    [Theory]
    [InlineData(256, 400)]
    [InlineData(1024, 1200)]
    public async Task Idle_connections_beyond_the_descriptors_do_not_end_the_host(int descriptors, int connections)
    {
        await using LocalNode node = await NodeAsync(new NodeSetup { HostWrapper = ["prlimit", $"--nofile={descriptors}:{descriptors}"] });
        var idle = new List<Socket>();
        for (int i = 0; i < connections; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            idle.Add(socket);
            try
            {
                await socket.ConnectAsync(node.HostAddress);
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
            {
                // Refused so soon that it was not seen as connected.
            }
        }

        await node.Host.SaysAsync("are refused");
        int full = node.Host.Descriptors;
        Assert.InRange(full, 1, descriptors - 20);
        idle.ForEach(socket => socket.Dispose());

        // An answer on a connection that was there before would not show that there is room for a new one.
        await Eventually.TrueAsync(() => node.Host.Descriptors < full - 10, () => $"The host keeps {node.Host.Descriptors} descriptors of {full}.\n{node.Log}");
        await SoonAsync(node, "qos/enclave-health");
        AssertReadable([.. node.Host.Output, .. node.Host.Errors]);
    }

    [Fact]
    public async Task An_address_that_holds_all_connections_keeps_nobody_out()
    {
        const int Connections = 200;
        await using LocalNode node = await NodeAsync(new NodeSetup { HostWrapper = ["prlimit", "--nofile=256:256"] });
        var idle = new List<Socket>();
        try
        {
            for (int i = 0; i < Connections; i++)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                idle.Add(socket);
                socket.Bind(new IPEndPoint(IPAddress.Parse("127.0.0.2"), 0));
                try
                {
                    await socket.ConnectAsync(node.HostAddress);
                }
                catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
                {
                    // Refused so soon that it was not seen as connected.
                }
            }

            await node.Host.SaysAsync("are refused");
            foreach (string question in s_questions)
            {
                using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = node.Http.BaseAddress };
                using HttpResponseMessage answer = await http.GetAsync(question);
                Assert.NotEmpty(await answer.Content.ReadAsStringAsync());
            }
        }
        finally
        {
            idle.ForEach(static socket => socket.Dispose());
        }
    }

    [Fact]
    public async Task An_enclave_that_does_not_answer_stops_no_probe_and_no_metric()
    {
        await using LocalNode node = await NodeAsync();
        await node.Enclave.SignalAsync("STOP");
        foreach (string question in (string[])["healthz", "metrics", "readyz", "metrics"])
            await SoonAsync(node, question);
        using (HttpResponseMessage ready = await node.Http.GetAsync("readyz"))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
            Assert.Equal("not ready: the enclave does not answer in time", await ready.Content.ReadAsStringAsync());
        }

        await Eventually.TrueAsync(
            async () => (await node.Http.GetStringAsync("metrics")).Contains("""qos_enclave_reachable{otel_scope_name="Qos.Host"} 0""", StringComparison.Ordinal),
            () => $"The enclave's silence is not told.\n{node.Log}");
        await node.Enclave.SignalAsync("CONT");
        await Eventually.TrueAsync(
            async () => (await node.Http.GetStringAsync("metrics")).Contains("""qos_enclave_reachable{otel_scope_name="Qos.Host"} 1""", StringComparison.Ordinal),
            () => $"The enclave's return is not told.\n{node.Log}");
    }

    [Theory]
    [InlineData(">/dev/full 2>/dev/full")]
    [InlineData(">&- 2>&-")]
    public async Task A_log_that_is_full_or_closed_does_not_end_the_host(string redirection)
    {
        await using LocalNode node = await NodeAsync(new NodeSetup { HostWrapper = ["sh", "-c", $"exec \"$@\" {redirection}", "sh"] });
        await node.Enclave.KillAsync();
        await node.StartEnclaveAsync();
        await SoonAsync(node, "qos/enclave-health");
        Assert.Equal(0, await node.Host.TerminateAsync());
    }

    private static async Task<Socket> SlowUploadAsync(IPEndPoint host)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(host);
        await socket.SendAsync(Encoding.ASCII.GetBytes(
            "POST /qos/message HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100000000\r\n\r\n{\"bootStandardRequest\":{\"pivot\":\""
            + new string('0', 70_000)));
        return socket;
    }

    private static async Task SoonAsync(LocalNode node, string question)
    {
        // A connection of its own each time, as a probe has it.
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = node.Http.BaseAddress };
        long start = Stopwatch.GetTimestamp();
        using HttpResponseMessage answer = await http.GetAsync(question);
        TimeSpan took = Stopwatch.GetElapsedTime(start);
        Assert.True(took < s_soon, $"{question} took {took.TotalSeconds:0.00} s");
    }
}
