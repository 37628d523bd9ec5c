using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging.Console;
using Qos.Host.Bridges;
using Qos.Host.Http;

namespace Qos.Host;

/// <summary>Puts the host process together. Specification: host.</summary>
internal static class HostServer
{
    /// <summary>Runs until SIGTERM or SIGINT; connections in flight may end within <see cref="HostOptions.Drain"/>.</summary>
    public static async Task<int> RunAsync(HostOptions options, CancellationToken cancellationToken)
    {
        WebApplication app = Build(options);
        await using (app.ConfigureAwait(false))
        {
            await app.StartAsync(cancellationToken).ConfigureAwait(false);
            HostLog.Listening(app.Logger, app.Urls.First(), options.Enclave.ToString());
            await app.WaitForShutdownAsync(cancellationToken).ConfigureAwait(false);
        }

        return 0;
    }

    private static WebApplication Build(HostOptions options)
    {
        // No configuration files and no environment variables: what a host does is on its command line.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "qos-host" });
        builder.Logging.SetMinimumLevel(LogLevel.Information).AddFilter("Microsoft", LogLevel.Warning);
        if (options.JsonLog)
            builder.Logging.AddJsonConsole(o => o.UseUtcTimestamp = true);
        else
            builder.Logging.AddSimpleConsole(o => (o.SingleLine, o.TimestampFormat, o.UseUtcTimestamp, o.ColorBehavior) = (true, "HH:mm:ss.fff ", true, LoggerColorBehavior.Disabled));

        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Configure(kestrel, options));
        builder.Services
            .AddRoutingCore()
            .AddSingleton(options)
            .AddSingleton(TimeProvider.System)
            .AddSingleton<EnclaveGateway>()
            .AddSingleton<HostMetrics>()
            .AddSingleton<HostBridges>()
            .Configure<Microsoft.Extensions.Hosting.HostOptions>(host => host.ShutdownTimeout = options.Drain + TimeSpan.FromSeconds(1));
        if (options.Bridges)
            builder.Services.AddHostedService<BridgeService>();

        WebApplication app = builder.Build();
        HealthEndpoints.Map(app, options.BasePath);
        MessageEndpoint.Map(app, options.BasePath);
        EnclaveEndpoints.Map(app, options.BasePath);
        OpenApiEndpoint.Map(app, options.BasePath);
        return app;
    }

    private static void Configure(KestrelServerOptions kestrel, HostOptions options)
    {
        kestrel.Listen(options.Listen);
        kestrel.AddServerHeader = false;
        KestrelServerLimits limits = kestrel.Limits;
        limits.MaxConcurrentConnections = 4096;
        limits.MaxRequestBodySize = 64 * 1024;
        limits.MaxRequestHeadersTotalSize = 16 * 1024;
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        limits.MinRequestBodyDataRate = new MinDataRate(bytesPerSecond: 16 * 1024, gracePeriod: TimeSpan.FromSeconds(10));

        // A pivot passes through in pieces; a larger buffer would only hold more of it.
        limits.MaxRequestBufferSize = 512 * 1024;
    }
}
