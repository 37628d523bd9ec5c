using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Qos.EndToEnd.Local;
using Qos.Protocol;

namespace Qos.EndToEnd.Tests;

/// <summary>Ready means that the app can be used, and what is not is said as what it is.</summary>
public sealed class ReadyTests(ITestOutputHelper output) : NodeTests(output)
{
    [Fact]
    public async Task An_app_that_crashes_again_and_again_is_not_ready()
    {
        using var quorum = Quorum.Deal();
        await using LocalNode node = await NodeAsync();
        byte[] pivot = Script("/bin/sleep 0.1; exit 3");
        await node.RunAsync(quorum, quorum.Manifest(node, pivot), pivot);
        await NotReadyAsync(node, "exited with code 3");
        while (!(await node.Http.GetStringAsync("metrics")).Contains("""qos_pivot_restarts_total{otel_scope_name="Qos.Host"} 3""", StringComparison.Ordinal))
        {
            using HttpResponseMessage ready = await node.Http.GetAsync("readyz");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        }

        Assert.Contains("""qos_pivot_last_exit_code{otel_scope_name="Qos.Host"} 3""", await node.Http.GetStringAsync("metrics"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_app_that_cannot_be_started_is_not_ready()
    {
        using var quorum = Quorum.Deal();
        await using LocalNode node = await NodeAsync();
        byte[] pivot = [0x7f, (byte)'E', (byte)'L', (byte)'F', .. new byte[100]];
        await node.RunAsync(quorum, quorum.Manifest(node, pivot), pivot);
        await NotReadyAsync(node, "the app cannot be started");
        using HttpResponseMessage health = await node.Http.GetAsync("qos/enclave-health");
        Assert.Equal((HttpStatusCode.OK, "failed"), (health.StatusCode, health.Headers.GetValues("Qos-App").Single()));
        Assert.Contains("""qos_pivot_state{otel_scope_name="Qos.Host",state="failed"} 1""", await node.Http.GetStringAsync("metrics"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bridge_whose_port_is_taken_is_not_ready_until_it_is_free()
    {
        using var quorum = Quorum.Deal();
        await using LocalNode node = await NodeAsync();
        ushort port;
        using (var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            taken.Listen();
            port = (ushort)((IPEndPoint)taken.LocalEndPoint!).Port;
            await node.RunAsync(quorum, WithBridges(quorum.Manifest(node, Quiet), new BridgeConfig.Server(port, "127.0.0.1")), Quiet);
            await NotReadyAsync(node, $"the bridge of port {port} is not open");
            string metrics = await node.Http.GetStringAsync("metrics");
            Assert.Contains($$"""qos_bridge_up{otel_scope_name="Qos.Host",half="host",kind="server",port="{{port}}"} 0""", metrics, StringComparison.Ordinal);
        }

        await ReadyAsync(node);
    }

    [Fact]
    public async Task A_replaced_enclave_is_noticed_even_when_nobody_looked_meanwhile()
    {
        using var quorum = Quorum.Deal();
        await using LocalNode node = await NodeAsync();
        var first = new IPEndPoint(IPAddress.Loopback, LocalNode.FreePort());
        var second = new IPEndPoint(IPAddress.Loopback, LocalNode.FreePort());
        await node.RunAsync(quorum, WithBridges(quorum.Manifest(node, Quiet), new BridgeConfig.Server((ushort)first.Port, "127.0.0.1")), Quiet);
        await ReadyAsync(node);
        Assert.True(await ListensAsync(first));

        await node.Host.SignalAsync("STOP");
        await node.Enclave.KillAsync();
        await node.Simulator.TerminateAsync();
        await node.StartSimulatorAsync();
        await node.StartEnclaveAsync();
        await node.RunAsync(quorum, WithBridges(quorum.Manifest(node, Quiet), new BridgeConfig.Server((ushort)second.Port, "127.0.0.1")), Quiet);
        await node.Host.SignalAsync("CONT");

        await Eventually.TrueAsync(() => ListensAsync(second), () => $"The new bridge does not open.\n{node.Log}");
        Assert.False(await ListensAsync(first), "The old bridge stays.");
        await ReadyAsync(node);
    }

    [Fact]
    public async Task Health_has_a_place_of_its_own_away_from_the_control_API()
    {
        var health = new IPEndPoint(IPAddress.Loopback, LocalNode.FreePort());
        await using LocalNode node = Prepared(new NodeSetup { Host = ["--health-listen", health.ToString(), "--log", "json"] });
        node.StartHost();
        await node.Host.SaysAsync("health and metrics on");
        foreach (string here in (string[])["healthz", "readyz", "metrics"])
        {
            Assert.Equal(HttpStatusCode.NotFound, (await node.Http.GetAsync(here)).StatusCode);
            Assert.NotEqual(HttpStatusCode.NotFound, (await node.Http.GetAsync(new Uri($"http://{health}/{here}"))).StatusCode);
        }

        foreach (string elsewhere in (string[])["qos/host-health", "qos/enclave-health", "openapi.json"])
        {
            Assert.NotEqual(HttpStatusCode.NotFound, (await node.Http.GetAsync(elsewhere)).StatusCode);
            Assert.Equal(HttpStatusCode.NotFound, (await node.Http.GetAsync(new Uri($"http://{health}/{elsewhere}"))).StatusCode);
        }

        foreach (string line in node.Host.Output)
        {
            using JsonDocument entry = JsonDocument.Parse(line);
            Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", entry.RootElement.GetProperty("Timestamp").GetString());
        }
    }

    [Fact]
    public async Task The_service_manager_hears_that_the_host_is_up_lives_and_stops()
    {
        await using LocalNode node = Prepared(new NodeSetup());
        string path = node.In("notify");
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        manager.Bind(new UnixDomainSocketEndPoint(path));
        await using RunningProgram host = RunningProgram.StartAt(
            "qos-host", "env", $"NOTIFY_SOCKET={path}", "WATCHDOG_USEC=30000000", $"QOS_HOST_LISTEN=localhost:{node.HostAddress.Port}", $"QOS_HOST_ENCLAVE_SOCKET={node.Socket}",
            Programs.Find("qos-host"));
        await HearsAsync(manager, "READY=1", "STATUS=not ready: The enclave does not answer", "WATCHDOG=1");
        Assert.Equal("ok", await node.Http.GetStringAsync("healthz"));
        Task stopping = HearsAsync(manager, "STOPPING=1");
        Assert.Equal(0, await host.TerminateAsync());
        await stopping;
    }

    private static async Task HearsAsync(Socket manager, params string[] beginnings)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        byte[] buffer = new byte[4096];
        List<string> missing = [.. beginnings];
        while (missing.Count > 0)
        {
            string text = Encoding.UTF8.GetString(buffer, 0, await manager.ReceiveAsync(buffer, SocketFlags.None, patience.Token));
            missing.RemoveAll(beginning => text.StartsWith(beginning, StringComparison.Ordinal));
        }
    }

    private static Manifest WithBridges(Manifest manifest, params IReadOnlyList<BridgeConfig> bridges) =>
        manifest with { Pivot = manifest.Pivot with { BridgeConfig = bridges } };

    private static Task NotReadyAsync(LocalNode node, string reason) => ReadsAsync(node, HttpStatusCode.ServiceUnavailable, reason);

    private static Task ReadyAsync(LocalNode node) => ReadsAsync(node, HttpStatusCode.OK, "ready");

    private static async Task ReadsAsync(LocalNode node, HttpStatusCode status, string says)
    {
        string last = "";
        await Eventually.TrueAsync(
            async () =>
            {
                using HttpResponseMessage answer = await node.Http.GetAsync("readyz");
                last = $"{answer.StatusCode} {await answer.Content.ReadAsStringAsync()}";
                return answer.StatusCode == status && last.Contains(says, StringComparison.Ordinal);
            },
            () => $"/readyz says: {last}\n{node.Log}");
    }

    private static async Task<bool> ListensAsync(IPEndPoint address)
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await probe.ConnectAsync(address);
            return true;
        }
        catch (SocketException e)
        {
            // The app behind the bridge does not listen, so a connection that was taken may be reset before its opener looks.
            return e.SocketErrorCode != SocketError.ConnectionRefused;
        }
    }
}
