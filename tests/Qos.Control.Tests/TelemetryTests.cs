using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using Qos.Fleet;

namespace Qos.Control.Tests;

/// <summary>
/// What leaves the service for those who watch it: Prometheus' page, and OTLP over gRPC to a collector. It counts, and meters are found by their name in the whole
/// process: no other test's service may run meanwhile.
/// </summary>
[Collection(nameof(TelemetryTests))]
[CollectionDefinition(nameof(TelemetryTests), DisableParallelization = true)]
public class TelemetryTests
{
    [Fact]
    public async Task Metrics_and_traces_of_boots_forwards_and_ingress_reach_prometheus_and_a_collector()
    {
        await using var apps = new ReplicaApps();
        await using Collector collector = await Collector.StartAsync();
        await using ControlService service = await ControlService.StartAsync(new ServiceSetup { Apps = apps.StartAsync, Settings = settings => settings with { OpenTelemetry = collector.Url } });
        Deployment deployment = await service.World.DeployAsync();
        await service.ReadyAsync(deployment);
        await service.PromoteAsync(deployment);
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Host = service.AppHost;
        string trace = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        http.DefaultRequestHeaders.Add("traceparent", $"00-{trace}-00f067aa0ba902b7-01");
        for (int i = 0; i < 5; i++)
            await http.GetStringAsync(new Uri(service.Ingress, "/who"));

        // A request is counted after its answer is out.
        string page = "";
        await Until.TrueAsync(async () => Regex.IsMatch(page = await service.GetAsync("metrics"), """outcome="served"[^}]*\} 5\n"""), "five requests are not counted");

        Assert.Contains("qos_ingress_requests_total{", page, StringComparison.Ordinal);
        Assert.Matches("""qos_ingress_requests_total\{[^}]*outcome="served"[^}]*\} 5\n""", page);
        Assert.Matches("""qos_ingress_request_duration_seconds_count\{[^}]*\} 5\n""", page);
        Assert.Matches("""qos_ingress_connections\{[^}]*\} 1\n""", page);
        Assert.Matches("""qos_ingress_destinations\{[^}]*\} 3\n""", page);
        Assert.Matches("""qos_fleet_boot_seconds_count\{[^}]*mode="Standard"[^}]*\} 1\n""", page);
        Assert.Matches("""qos_fleet_boot_seconds_count\{[^}]*mode="KeyForward"[^}]*\} 2\n""", page);
        Assert.Matches("""qos_fleet_forward_seconds_count\{[^}]*\} 2\n""", page);
        Assert.Contains("qos_fleet_pass_seconds_bucket{", page, StringComparison.Ordinal);

        Assert.True(service.Services.GetRequiredService<TracerProvider>().ForceFlush(10_000));

        // Prometheus' reader, which is pulled, answers this with false.
        service.Services.GetRequiredService<MeterProvider>().ForceFlush(10_000);
        string traces = collector.Text("/opentelemetry.proto.collector.trace.v1.TraceService/Export"), metrics = collector.Text("/opentelemetry.proto.collector.metrics.v1.MetricsService/Export");
        Assert.Contains(Encoding.Latin1.GetString(Convert.FromHexString(trace)), traces, StringComparison.Ordinal);
        foreach (string expected in (string[])["qos-control", "boot", "forward", "qos.donor", (await service.World.ReplicasAsync())[0].Id, "ingress", "qos.tries", "http.response.status_code"])
            Assert.Contains(expected, traces, StringComparison.Ordinal);
        foreach (string expected in (string[])["qos-control", "qos_fleet_boot_seconds", "qos_fleet_forward_seconds", "qos_ingress_requests_total"])
            Assert.Contains(expected, metrics, StringComparison.Ordinal);
    }

    /// <summary>As much of an OpenTelemetry collector as it takes to receive: gRPC's frame, and protobuf whose strings are there as they are.</summary>
    private sealed class Collector : IAsyncDisposable
    {
        private readonly WebApplication _app;
        private readonly ConcurrentQueue<(string Path, byte[] Body)> _received = [];

        private Collector(WebApplication app) => _app = app;

        public string Url => _app.Urls.First();

        public static async Task<Collector> StartAsync()
        {
            WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0, static options => options.Protocols = HttpProtocols.Http2));
            WebApplication app = builder.Build();
            var collector = new Collector(app);
            app.Run(collector.ReceiveAsync);
            await app.StartAsync();
            return collector;
        }

        public string Text(string path) => string.Concat(_received.Where(one => one.Path == path).Select(static one => Encoding.Latin1.GetString(one.Body)));

        public ValueTask DisposeAsync() => _app.DisposeAsync();

        private async Task ReceiveAsync(HttpContext context)
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            _received.Enqueue((context.Request.Path.Value!, body.ToArray()));
            context.Response.ContentType = "application/grpc";
            await context.Response.Body.WriteAsync(new byte[5]);
            context.Response.AppendTrailer("grpc-status", "0");
        }
    }
}
