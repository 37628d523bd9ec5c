using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Qos.Fleet;
using Qos.Fleet.Api;
using Qos.Fleet.World;

namespace Qos.Control.Tests;

/// <summary>The ingress between real clients and real apps.</summary>
public class IngressTests
{
    [Fact]
    public async Task Http1_and_http2_are_served_over_tls_with_the_whole_chain()
    {
        using var certificates = new TestCertificates("*.apps.example");
        await using var apps = new ReplicaApps();
        await using ControlService service = await StartAsync(apps, certificates);
        await ServeAsync(service);
        foreach ((string option, string version) in ((string, string)[])[("--http1.1", "1.1"), ("--http2", "2")])
        {
            // The root alone is known to the client: the intermediate must come from the server.
            string answer = await CurlAsync(
                "-sS", option, "--cacert", certificates.RootFile, "--resolve", $"{service.AppHost}:{service.Ingress.Port}:127.0.0.1",
                "-w", "\n%{http_version} %{http_code}", "-H", "X-Forwarded-For: 6.6.6.6", $"https://{service.AppHost}:{service.Ingress.Port}/headers");
            Assert.EndsWith($"\n{version} 200", answer, StringComparison.Ordinal);
            Assert.Contains("\"X-Forwarded-For\":\"127.0.0.1\"", answer, StringComparison.Ordinal);
            Assert.Contains("\"X-Forwarded-Proto\":\"https\"", answer, StringComparison.Ordinal);
            Assert.Contains($"\"Host\":\"{service.AppHost}:{service.Ingress.Port}\"", answer, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_ingress_starts_after_what_it_needs_and_stops_before_it()
    {
        await using ControlService service = await ControlService.StartAsync();
        string[] own = [.. service.Services.GetServices<IHostedService>().Select(static one => one.GetType()).Where(static type => type.Assembly == typeof(IngressServer).Assembly).Select(static type => type.Name)];
        Assert.Contains(nameof(IngressRefresh), own);
        Assert.Equal(nameof(IngressServer), own[^1]);
    }

    [Fact]
    public async Task Grpc_calls_and_streams_pass_and_its_health_check_decides()
    {
        using var certificates = new TestCertificates("*.apps.example");
        await using var apps = new ReplicaApps(HttpProtocols.Http2);
        await using ControlService service = await StartAsync(apps, certificates);
        (_, IReadOnlyList<Replica> replicas) = await ServeAsync(service, static deployment => deployment with { Health = new HealthCheck(HealthCheckKind.Grpc, 3000) });
        using HttpClient http = Client(service, certificates);
        using GrpcChannel channel = GrpcChannel.ForAddress($"https://{service.AppHost}:{service.Ingress.Port}", new GrpcChannelOptions { HttpClient = http });
        var health = new Health.HealthClient(channel);
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, (await health.CheckAsync(new HealthCheckRequest())).Status);
        using (Grpc.Core.AsyncServerStreamingCall<HealthCheckResponse> watch = health.Watch(new HealthCheckRequest()))
        {
            Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));
            Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, watch.ResponseStream.Current.Status);
        }

        // A status that is not OK is in the trailers, and arrives.
        Grpc.Core.RpcException refused = await Assert.ThrowsAsync<Grpc.Core.RpcException>(async () => await health.CheckAsync(new HealthCheckRequest { Service = "unknown" }));
        Assert.Equal(Grpc.Core.StatusCode.NotFound, refused.StatusCode);

        await apps.KillAsync(replicas[0].Id);
        await Until.TrueAsync(
            async () => (await service.World.ReplicasAsync()).Any(replica => replica.Id == replicas[0].Id && replica.State == ReplicaState.Provisioned), "a replica whose app is gone still gets traffic");
        for (int i = 0; i < 8; i++)
            Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, (await health.CheckAsync(new HealthCheckRequest())).Status);
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task A_web_socket_stays_where_it_is_while_new_ones_go_to_the_promoted_deployment(string version)
    {
        using var certificates = new TestCertificates("*.apps.example");
        await using var apps = new ReplicaApps();
        await using ControlService service = await StartAsync(apps, certificates);
        (_, IReadOnlyList<Replica> before) = await ServeAsync(service);
        using HttpClient http = Client(service, certificates);
        using ClientWebSocket old = await ConnectAsync();
        Assert.Contains(await ReadAsync(old), before.Select(static replica => replica.Id));
        (_, IReadOnlyList<Replica> after) = await ServeAsync(service);
        await old.SendAsync("still there"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        Assert.Equal("still there", await ReadAsync(old));
        using ClientWebSocket now = await ConnectAsync();
        Assert.Contains(await ReadAsync(now), after.Select(static replica => replica.Id));
        await old.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        await now.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);

        async Task<ClientWebSocket> ConnectAsync()
        {
            var socket = new ClientWebSocket();
            socket.Options.HttpVersion = Version.Parse(version);
            socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
            await socket.ConnectAsync(new Uri($"wss://{service.AppHost}:{service.Ingress.Port}/socket"), http, CancellationToken.None);
            return socket;
        }
    }

    [Fact]
    public async Task A_tcp_app_has_a_port_of_its_own()
    {
        int port = ControlService.FreePort();
        await using FleetWorld world = await FleetWorld.OnSqliteAsync();
        var listeners = new ConcurrentDictionary<string, TcpListener>(StringComparer.Ordinal);
        world.Runner.StartApp = launch =>
        {
            var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            listeners[launch.ReplicaId] = listener;
            _ = AnswerAsync(listener, launch.ReplicaId);
            return Task.FromResult((IPEndPoint)listener.LocalEndpoint);
        };
        await using ControlService service = await ControlService.StartAsync(new ServiceSetup
        {
            World = world,
            Settings = settings => settings with { Ingress = settings.Ingress with { FirstTcpPort = port, LastTcpPort = port } },
        });
        Assert.Equal(port, await world.Database.IngressPortAsync(world.App.Id, port, port, default));
        (_, IReadOnlyList<Replica> replicas) = await ServeAsync(service, static deployment => deployment with { Ingress = IngressKind.Tcp });
        listeners[replicas[0].Id].Stop();
        for (int i = 0; i < 6; i++)
        {
            using var client = new TcpClient();
            await ConnectAsync(client, port);
            NetworkStream stream = client.GetStream();
            await stream.WriteAsync("hello"u8.ToArray());

            // The app answers when it has read to the end, so the end must be passed on while the other direction stays open.
            client.Client.Shutdown(SocketShutdown.Send);
            using var reader = new StreamReader(stream);
            Assert.Contains(await reader.ReadToEndAsync(), replicas.Skip(1).Select(static replica => $"{replica.Id} hello"));
        }

        using (ControlClient client = service.Client())
            await client.SubmitAsync("delete_tvc_app_and_deployments", new AppParameters { AppId = world.App.Id }, ApiJson.Default.AppParameters, ApiJson.Default.JsonElement);
        await Until.TrueAsync(
            async () =>
            {
                using var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
                return await client.ConnectAsync(IPAddress.Loopback, port).ContinueWith(static connecting => connecting.Exception?.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused }, TaskScheduler.Default);
            },
            "the port of a deleted app is open");
        foreach (TcpListener listener in listeners.Values)
            listener.Stop();
    }

    [Fact]
    public async Task A_deployment_that_was_replaced_and_deleted_ends_after_its_last_request()
    {
        await using var apps = new ReplicaApps();
        await using ControlService service = await StartAsync(apps);
        (Deployment first, IReadOnlyList<Replica> replicas) = await ServeAsync(service);
        using HttpClient http = Client(service);
        Task<string> held = http.GetStringAsync(new Uri(service.Ingress, "/hold"));
        await Until.TrueAsync(() => Volatile.Read(ref apps.Holding) == 1, "the request does not arrive");
        await ServeAsync(service);
        await service.World.Database.DeleteDeploymentAsync(await service.World.ActivityAsync(), "{}", first.Id, default);
        await Until.TrueAsync(
            async () => (await service.World.ReplicasAsync()).Where(replica => replica.DeploymentId == first.Id).ToArray() is [{ State: ReplicaState.Draining }],
            "only the replica with a request should be left, draining");
        Assert.False(held.IsCompleted);
        apps.Release();
        Assert.Contains(await held, replicas.Select(static replica => replica.Id));
        await Until.TrueAsync(async () => !(await service.World.ReplicasAsync()).Any(replica => replica.DeploymentId == first.Id), "the drained replica goes on");
    }

    [Fact]
    public async Task A_request_at_the_service_that_does_not_reconcile_is_waited_for_as_well()
    {
        await using var apps = new ReplicaApps();
        var fleet = new FleetSettings { Interval = TimeSpan.FromMilliseconds(100), DrainAtLeast = TimeSpan.FromSeconds(3) };
        await using ControlService leader = await ControlService.StartAsync(new ServiceSetup { Apps = apps.StartAsync, Fleet = fleet });
        (Deployment first, _) = await ServeAsync(leader);
        await using ControlService other = await ControlService.StartAsync(new ServiceSetup { World = leader.World, Apps = apps.StartAsync, Fleet = fleet });
        using HttpClient http = Client(other);
        Task<string>? held = null;
        await Until.TrueAsync(
            async () =>
            {
                // Asked again until this service knows of the app.
                if (held is null || held.IsFaulted)
                    held = http.GetStringAsync(new Uri(other.Ingress, "/hold"));
                await Task.WhenAny(held, Task.Delay(50));
                return Volatile.Read(ref apps.Holding) == 1;
            },
            "the request does not arrive");
        await ServeAsync(leader);
        await leader.World.Database.DeleteDeploymentAsync(await leader.World.ActivityAsync(), "{}", first.Id, default);
        await Until.TrueAsync(
            async () => (await leader.World.ReplicasAsync()).Where(replica => replica.DeploymentId == first.Id).ToArray() is [{ State: ReplicaState.Draining }],
            "only the replica with a request should be left, draining");
        apps.Release();
        await held!;
        await Until.TrueAsync(async () => !(await leader.World.ReplicasAsync()).Any(replica => replica.DeploymentId == first.Id), "the drained replica goes on");
    }

    [Fact]
    public async Task No_request_that_can_be_repeated_fails_while_a_deployment_is_promoted_and_replicas_die()
    {
        await using var apps = new ReplicaApps();
        await using ControlService service = await StartAsync(apps);
        (_, IReadOnlyList<Replica> before) = await ServeAsync(service);
        using HttpClient http = Client(service);
        using var end = new CancellationTokenSource();
        var failures = new ConcurrentBag<string>();
        var served = new ConcurrentDictionary<string, int>(StringComparer.Ordinal);
        Task[] clients = [.. Enumerable.Range(0, 64).Select(_ => Task.Run(async () =>
        {
            while (!end.IsCancellationRequested)
            {
                try
                {
                    served.AddOrUpdate(await http.GetStringAsync(new Uri(service.Ingress, "/who")), 1, static (_, n) => n + 1);
                }
                catch (HttpRequestException e)
                {
                    failures.Add(e.Message);
                }
            }
        }))];
        await Until.TrueAsync(() => served.Count == 3, "not all replicas get traffic");
        await apps.KillAsync(before[0].Id);
        service.World.Node(before[0]).HasEnded = true;
        (_, IReadOnlyList<Replica> after) = await ServeAsync(service);
        await Until.TrueAsync(() => after.All(replica => served.ContainsKey(replica.Id)), "not all new replicas get traffic");
        await apps.KillAsync(after[1].Id);
        service.World.Node(after[1]).HasEnded = true;
        await Until.TrueAsync(
            async () => (await service.World.ReplicasAsync()).Any(replica => replica.Slot == after[1].Slot && replica.DeploymentId == after[1].DeploymentId && replica.Id != after[1].Id && served.ContainsKey(replica.Id)),
            "the replacement gets no traffic");
        await end.CancelAsync();
        await Task.WhenAll(clients);
        Assert.Empty(failures);
    }

    [Fact]
    public async Task When_no_replica_answers_the_client_is_told_so()
    {
        await using var apps = new ReplicaApps();

        // Nobody looks after the replicas any more: the ingress has to find out by itself.
        await using ControlService service = await ControlService.StartAsync(new ServiceSetup { Apps = apps.StartAsync, Fleet = new FleetSettings { Interval = TimeSpan.FromMilliseconds(100), HealthFailures = int.MaxValue } });
        (_, IReadOnlyList<Replica> replicas) = await ServeAsync(service);
        foreach (Replica replica in replicas)
            await apps.KillAsync(replica.Id);
        using HttpClient http = Client(service);
        using HttpResponseMessage got = await http.GetAsync(new Uri(service.Ingress, "/who"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, got.StatusCode);
        Assert.Contains("no replica of this app answers", await got.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using HttpResponseMessage posted = await http.PostAsJsonAsync(new Uri(service.Ingress, "/who"), "body");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, posted.StatusCode);
    }

    [Fact]
    public async Task A_renewed_certificate_is_served_without_a_restart_and_a_broken_one_never()
    {
        using var certificates = new TestCertificates("*.apps.example");
        var clock = new SteppedClock();
        var serving = new ServingCertificate(certificates.Files, clock, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        string first = Thumbprint();
        string second = certificates.Issue();
        Touch(1);
        Assert.Equal(first, Thumbprint());
        clock.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(second, Thumbprint());

        await File.WriteAllTextAsync(certificates.Files.Certificate, "-----BEGIN CERTIFICATE-----\nhalf");
        Touch(2);
        clock.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(second, Thumbprint());
        string third = certificates.Issue();
        Touch(3);
        clock.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(third, Thumbprint());
        File.Delete(certificates.Files.Key);
        ControlException refused = Assert.Throws<ControlException>(() => new ServingCertificate(certificates.Files, clock, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance));
        Assert.Contains(certificates.Files.Key, refused.Message, StringComparison.Ordinal);

        string Thumbprint() => serving.Current.ServerCertificateContext!.TargetCertificate.Thumbprint;

        void Touch(int minutes) => File.SetLastWriteTimeUtc(certificates.Files.Certificate, DateTime.UtcNow.AddMinutes(minutes));
    }

    private static async Task AnswerAsync(TcpListener listener, string id)
    {
        try
        {
            while (true)
            {
                using TcpClient client = await listener.AcceptTcpClientAsync();
                using var reader = new StreamReader(client.GetStream());
                string text = await reader.ReadToEndAsync();
                await client.GetStream().WriteAsync(Encoding.UTF8.GetBytes($"{id} {text}"));
            }
        }
        catch (SocketException)
        {
            // It was stopped.
        }
    }

    private static Task<ControlService> StartAsync(ReplicaApps apps, TestCertificates? certificates = null) => ControlService.StartAsync(new ServiceSetup
    {
        Apps = apps.StartAsync,
        Settings = settings => certificates is null
            ? settings
            : settings with { Ingress = settings.Ingress with { Listen = settings.Ingress.Listen.Replace("http:", "https:", StringComparison.Ordinal), Certificate = certificates.Files, Domain = "apps.example" } },
    });

    /// <summary>A deployment that is ready and live.</summary>
    private static async Task<(Deployment Deployment, IReadOnlyList<Replica> Replicas)> ServeAsync(ControlService service, Func<Deployment, Deployment>? with = null)
    {
        Deployment deployment = await service.World.DeployAsync(with: with);
        IReadOnlyList<Replica> replicas = await service.ReadyAsync(deployment);
        await service.PromoteAsync(deployment);
        return (deployment, replicas);
    }

    /// <summary>A client that finds every host name at the ingress and knows the test's root.</summary>
    private static HttpClient Client(ControlService service, TestCertificates? certificates = null)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            MaxConnectionsPerServer = 64,
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(IPAddress.Loopback, service.Ingress.Port, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        if (certificates is not null)
        {
            handler.SslOptions.CertificateChainPolicy = new()
            {
                TrustMode = System.Security.Cryptography.X509Certificates.X509ChainTrustMode.CustomRootTrust,
                CustomTrustStore = { certificates.Root },
                RevocationMode = System.Security.Cryptography.X509Certificates.X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
            };
        }

        var client = new HttpClient(handler);
        client.DefaultRequestHeaders.Host = $"{service.AppHost}:{service.Ingress.Port}";
        return client;
    }

    private static async Task<string> ReadAsync(ClientWebSocket socket)
    {
        byte[] buffer = new byte[4096];
        WebSocketReceiveResult message = await socket.ReceiveAsync(buffer, CancellationToken.None);
        return Encoding.UTF8.GetString(buffer, 0, message.Count);
    }

    private static async Task ConnectAsync(TcpClient client, int port)
    {
        // The listener opens when the ingress first sees the app's route.
        for (int i = 0; ; i++)
        {
            try
            {
                await client.ConnectAsync(IPAddress.Loopback, port);
                return;
            }
            catch (SocketException) when (i < 200)
            {
                await Task.Delay(20);
            }
        }
    }

    private static async Task<string> CurlAsync(params string[] arguments)
    {
        using Process curl = Process.Start(new ProcessStartInfo("curl", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> output = curl.StandardOutput.ReadToEndAsync(), error = curl.StandardError.ReadToEndAsync();
        await curl.WaitForExitAsync();
        Assert.True(curl.ExitCode == 0, await error);
        return await output;
    }

    private sealed class SteppedClock : TimeProvider
    {
        private long _ticks;

        public void Advance(TimeSpan by) => _ticks += by.Ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;
    }
}
