using System.Collections;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Console;
using OpenTelemetry.Metrics;
using Qos.Listening;

namespace Qos.Host;

/// <summary>Puts the host process together. Format: docs/protocol/host.md.</summary>
internal static class HostServer
{
    // Combinations of labels that one metric can have; memory for all of them is taken at the start.
    private const int MostSeries = 200;

    private const string OpenTelemetryPrefix = "OTEL_";
    private const string TimeStamp = "yyyy-MM-ddTHH:mm:ss.fffZ";
    private const int LogLines = 4096;

    // What one connection may send before the host has read it.
    private const int ReadBuffer = 128 * 1024;

    private static readonly object s_isHealthEndPoint = new();

    /// <summary>Runs until SIGTERM or SIGINT; connections in flight may end within <see cref="HostSettings.Drain"/>.</summary>
    public static async Task<int> RunAsync(HostSettings settings, CancellationToken cancellationToken)
    {
        WebApplication app = Build(settings);
        await using (app.ConfigureAwait(false))
        {
            await app.StartAsync(cancellationToken).ConfigureAwait(false);
            string[] addresses = [.. app.Urls];
            HostLog.Listening(app.Logger, string.Join(", ", addresses.Take(settings.Listen.Count)), settings.Enclave.ToString());
            if (settings.HealthListen.Count > 0)
                HostLog.HealthListening(app.Logger, string.Join(", ", addresses.Skip(settings.Listen.Count)));
            await app.WaitForShutdownAsync(cancellationToken).ConfigureAwait(false);
        }

        return 0;
    }

    private static WebApplication Build(HostSettings settings)
    {
        // No configuration files: what a host does is on its command line, or in variables that the command reads itself.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "qos-host" });
        AddLog(builder.Logging, settings);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Configure(kestrel, settings));
        IServiceCollection services = builder.Services
            .AddRoutingCore()
            .AddSingleton(settings)
            .AddSingleton(TimeProvider.System)
            .AddSingleton(DescriptorPlan.OfProcess())
            .AddSingleton<IConnectionListenerFactory>(static provider => Listeners(provider))
            .AddSingleton(provider => new SpoolBudget(settings.SpoolBytes, provider.GetRequiredService<TimeProvider>()))
            .AddSingleton<EnclaveGateway>()
            .AddSingleton<HostMetrics>()
            .AddSingleton<HostBridges>()
            .AddSingleton<Readiness>()
            .AddSingleton<EnclaveMonitor>()
            .AddHostedService(static provider => provider.GetRequiredService<EnclaveMonitor>())
            .AddHostedService<SystemdNotifier>()
            .AddHostedService<IdleMemory>()
            .Configure<HostOptions>(host => host.ShutdownTimeout = settings.Drain + TimeSpan.FromSeconds(1));
        if (settings.AppCheck is not null)
            services.AddSingleton<AppCheck>().AddHostedService(static provider => provider.GetRequiredService<AppCheck>());
        AddMetrics(builder);

        WebApplication app = builder.Build();
        app.Services.GetRequiredService<HostMetrics>().Observe(
            app.Services.GetRequiredService<EnclaveMonitor>(),
            app.Services.GetRequiredService<HostBridges>(),
            app.Services.GetRequiredService<Readiness>(),
            app.Services.GetRequiredService<SpoolBudget>(),
            app.Services.GetService<AppCheck>());
        Map(app, settings);
        return app;
    }

    private static void AddLog(ILoggingBuilder logging, HostSettings settings)
    {
        // A start that fails is told by the program in one line, and not by the framework with its stack.
        logging.SetMinimumLevel(LogLevel.Information).AddFilter("Microsoft", LogLevel.Warning).AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        if (settings.JsonLog)
            logging.AddJsonConsole(o => (o.UseUtcTimestamp, o.TimestampFormat) = (true, TimeStamp));
        else
            logging.AddSimpleConsole(o => (o.SingleLine, o.TimestampFormat, o.UseUtcTimestamp, o.ColorBehavior) = (true, TimeStamp + " ", true, LoggerColorBehavior.Disabled));

        // A log that nobody reads loses lines; it stops nothing.
        logging.Services.Configure<ConsoleLoggerOptions>(o => (o.QueueFullMode, o.MaxQueueLength) = (ConsoleLoggerQueueFullMode.DropWrite, LogLines));
    }

    private static void AddMetrics(WebApplicationBuilder builder)
    {
        // The standard variables, OTEL_EXPORTER_OTLP_ENDPOINT and its like, and no others.
        Dictionary<string, string?> variables = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .Where(static pair => ((string)pair.Key).StartsWith(OpenTelemetryPrefix, StringComparison.Ordinal))
            .ToDictionary(static pair => (string)pair.Key, static pair => (string?)pair.Value);
        builder.Configuration.AddInMemoryCollection(variables);
        bool pushes = variables.Keys.Any(static name => name is "OTEL_EXPORTER_OTLP_ENDPOINT" or "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT");
        builder.Services.AddOpenTelemetry().WithMetrics(metrics =>
        {
            metrics.AddMeter(HostMetrics.MeterName, "Microsoft.AspNetCore.Server.Kestrel", "Microsoft.AspNetCore.Hosting", "System.Runtime")
                .AddView(static _ => new MetricStreamConfiguration { CardinalityLimit = MostSeries })
                .AddPrometheusExporter(o => o.ScrapeResponseCacheDurationMilliseconds = 0);
            if (pushes)
                metrics.AddOtlpExporter();
        });
    }

    private static ClientListenerFactory Listeners(IServiceProvider provider)
    {
        HostSettings settings = provider.GetRequiredService<HostSettings>();
        DescriptorPlan descriptors = provider.GetRequiredService<DescriptorPlan>();
        TimeProvider time = provider.GetRequiredService<TimeProvider>();
        return new ClientListenerFactory(
            endPoint =>
            {
                int most = settings.HealthListen.Contains(endPoint) ? descriptors.HealthConnections : descriptors.HttpConnections;
                return new ClientPlaces(most, ClientPlaces.ExchangedOf(most), time);
            },
            new SocketConnectionFactoryOptions
            {
                MaxReadBufferSize = ReadBuffer,

                // Each of the few connections may hold a block while it is idle; asking first whether there are bytes is a system call for each request.
                WaitForDataBeforeAllocatingBuffer = false,

                // Nothing that answers a request blocks, so it is answered on the thread that the socket woke.
                UnsafePreferInlineScheduling = true,
            },
            time,
            provider.GetRequiredService<ILoggerFactory>(),
            provider.GetRequiredService<HostMetrics>().ConnectionClosed);
    }

    private static void Map(WebApplication app, HostSettings settings)
    {
        // With an end point of their own, these routes are there and nowhere else, and nothing else is there.
        bool isApart = settings.HealthListen.Count > 0;
        bool IsHealthEndPoint(HttpContext context) =>
            context.Features.Get<IConnectionItemsFeature>() is { } items && items.Items.ContainsKey(s_isHealthEndPoint);
        bool IsHere(HttpContext context) => !isApart || IsHealthEndPoint(context);

        if (isApart)
        {
            app.Use((context, next) => IsHealthEndPoint(context) && context.Request.Path.Value is not ("/healthz" or "/readyz" or "/metrics")
                ? HealthEndpoints.NotFound(context)
                : next(context));
        }

        app.UseOpenTelemetryPrometheusScrapingEndpoint(context => context.Request.Path == "/metrics" && HttpMethods.IsGet(context.Request.Method) && IsHere(context));
        HealthEndpoints.Map(app, settings.BasePath);
        HealthEndpoints.MapProbes(app, IsHere);
        MessageEndpoint.Map(app, settings.BasePath);
        EnclaveEndpoints.Map(app, settings.BasePath);
        OpenApiEndpoint.Map(app, settings.BasePath);
    }

    private static void Configure(KestrelServerOptions kestrel, HostSettings settings)
    {
        foreach (System.Net.IPEndPoint listen in settings.Listen)
            kestrel.Listen(listen);
        foreach (System.Net.IPEndPoint listen in settings.HealthListen)
        {
            kestrel.Listen(listen, static options => options.Use(static next => connection =>
            {
                connection.Items[s_isHealthEndPoint] = s_isHealthEndPoint;
                return next(connection);
            }));
        }

        kestrel.AddServerHeader = false;
        KestrelServerLimits limits = kestrel.Limits;
        limits.MaxRequestBodySize = 64 * 1024;
        limits.MaxRequestHeadersTotalSize = 16 * 1024;
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        limits.KeepAliveTimeout = TimeSpan.FromSeconds(60);
        limits.MinRequestBodyDataRate = new MinDataRate(bytesPerSecond: 16 * 1024, gracePeriod: TimeSpan.FromSeconds(10));
        limits.MaxRequestBufferSize = 512 * 1024;
        limits.Http2.MaxStreamsPerConnection = 16;
    }
}
