using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Qos.Client;
using Qos.Fleet;
using Qos.Fleet.Storage;
using Qos.Listening;
using Qos.Registry;

namespace Qos.Control;

/// <summary>Puts the service together: API, reconciler, ingress.</summary>
internal static class ControlServer
{
    public static WebApplication Build(ControlSettings settings, FleetDatabase database, Action<IServiceCollection>? replace = null)
    {
        FleetTrust trust = ServiceTrust.Of(settings);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();

        // As qos-host writes its own: one line an event, with the time.
        builder.Logging.AddSimpleConsole(static options =>
            (options.SingleLine, options.UseUtcTimestamp, options.TimestampFormat) = (true, true, "yyyy-MM-ddTHH:mm:ss.fffZ "));

        // Why it does not start is said in one line.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning).AddFilter("Yarp", LogLevel.Error);

        // What a stranger's connection does there, who could fill the disk with it: each of a hundred streams that are reset at once is a critical event, each connection beyond the limit a warning.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Server.Kestrel.Http2", LogLevel.None).AddFilter("Microsoft.AspNetCore.Server.Kestrel.Connections", LogLevel.Error);
        Endpoints(builder.WebHost, settings);
        IServiceCollection services = builder.Services;
        services.AddSingleton(settings).AddSingleton(trust).AddSingleton(database).AddSingleton<IFleetStore>(database).AddSingleton(TimeProvider.System);
        services.AddSingleton(new FleetSettings { Retention = TimeSpan.FromHours(settings.RetentionHours) });
        services.AddSingleton(_ => ServiceKey.Open(settings.ServiceKey ?? Path.Combine(settings.Data, ServiceKey.FileName)));
        services.AddSingleton(_ => new RegistryClient(new RegistryOptions { PlainHosts = settings.PlainRegistries }));
        services.AddSingleton(provider => new PivotStore(
            Path.Combine(settings.Data, "pivots"), provider.GetRequiredService<RegistryClient>(), provider.GetRequiredService<ServiceKey>(), OwnCredentials(settings)));
        services.AddSingleton<IPivotSource>(static provider => provider.GetRequiredService<PivotStore>());
        services.AddSingleton(provider => RunnerChoice.Make(settings, provider, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IFleetNodes, HostNodes>();
        services.AddSingleton<ITraffic>(static provider => provider.GetRequiredService<IngressTable>()).AddSingleton<TcpIngress>();
        services.AddSingleton<EventHub>().AddSingleton<FleetMetrics>().AddSingleton<ReconcilerHandle>().AddSingleton<ReplicaVerifier>();
        services.AddSingleton(static provider => new FleetParts
        {
            Store = provider.GetRequiredService<IFleetStore>(),
            Runner = provider.GetRequiredService<IRunner>(),
            Nodes = provider.GetRequiredService<IFleetNodes>(),
            Pivots = provider.GetRequiredService<IPivotSource>(),
            Verifier = provider.GetRequiredService<ReplicaVerifier>(),
            Traffic = provider.GetRequiredService<ITraffic>(),
            Time = provider.GetRequiredService<TimeProvider>(),
            Settings = provider.GetRequiredService<FleetSettings>(),
            Metrics = provider.GetRequiredService<FleetMetrics>(),
            Publish = provider.GetRequiredService<EventHub>().Publish,
        });
        services.AddSingleton(static provider => new DatabaseProbe(provider.GetRequiredService<FleetDatabase>().OrganizationsAsync, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<RequestGate>().AddSingleton<DeploymentMaker>().AddSingleton<ApiQueries>().AddSingleton<ActivityHandlers>().AddSingleton<ApiActivities>();
        services.AddHostedService<PendingActivities>().AddHostedService<FleetService>().AddHostedService<IngressRefresh>().AddHostedService<PivotCleaning>();

        services.AddSingleton<IConnectionListenerFactory>(static provider =>
        {
            ConnectionLimits limits = provider.GetRequiredService<ConnectionLimits>();
            TimeProvider time = provider.GetRequiredService<TimeProvider>();
            return new ClientListenerFactory(_ => limits.Places(time), new SocketConnectionFactoryOptions(), time, provider.GetRequiredService<ILoggerFactory>());
        });

        // What starts last stops first: requests under way are finished while the routes are still kept.
        AddIngress(services);
        Cluster.Add(services, settings);
        AddTelemetry(services, settings);
        replace?.Invoke(services);

        WebApplication app = builder.Build();
        app.Use(static async (context, next) =>
        {
            RequestHeads heads = context.RequestServices.GetRequiredService<RequestHeads>();
            bool fits = heads.TryBegin(context.Request, out int length);
            try
            {
                await (fits ? next(context) : ApiAnswers.RefuseAsync(context, RequestHeads.Refusal())).ConfigureAwait(false);
            }
            finally
            {
                heads.End(context.Request, length);
            }
        });
        app.MapPrometheusScrapingEndpoint("/metrics");
        ApiEndpoints.Map(app);
        WebPages.Map(app);
        return app;
    }

    /// <summary>What serves the apps' traffic.</summary>
    public static void AddIngress(IServiceCollection services)
    {
        services.AddHttpForwarder();
        services.AddSingleton<IngressTable>().AddSingleton(static _ => new IngressLoops(Environment.ProcessorCount)).AddSingleton<IngressProxy>().AddSingleton<ControlMetrics>();
        services.AddSingleton<LoopTransport>().AddSingleton(static _ => ConnectionLimits.OfProcess()).AddSingleton(static _ => RequestHeads.OfProcess()).AddHostedService<IngressServer>();
    }

    private static void AddTelemetry(IServiceCollection services, ControlSettings settings)
    {
        Uri? collector = settings.OpenTelemetry is { } url ? new Uri(url) : null;
        string? version = typeof(ControlServer).Assembly.GetName().Version?.ToString(3);
        OpenTelemetry.OpenTelemetryBuilder telemetry = services.AddOpenTelemetry().ConfigureResource(resource => resource.AddService("qos-control", serviceVersion: version)).WithMetrics(metrics =>
        {
            metrics.AddMeter(FleetMetrics.Name, ControlMetrics.Name, "Microsoft.AspNetCore.Server.Kestrel", "Microsoft.AspNetCore.Hosting", "System.Runtime").AddPrometheusExporter();
            if (collector is not null)
                metrics.AddOtlpExporter(exporter => exporter.Endpoint = collector);
        });

        // Whatever a client's own headers say about sampling; the exporter's queue is bounded and drops what is too much.
        if (collector is not null)
            telemetry.WithTracing(traces => traces.SetSampler(new AlwaysOnSampler()).AddSource(FleetMetrics.Name, ControlMetrics.Name).AddOtlpExporter(exporter => exporter.Endpoint = collector));
    }

    private static void Endpoints(IWebHostBuilder web, ControlSettings settings) => web.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
    {
        // Bounded where bodies are read.
        kestrel.Limits.MaxRequestBodySize = null;
        Listen(kestrel, settings.Listen, settings.Certificate);
    });

    /// <summary>Reads where to listen.</summary>
    /// <exception cref="ControlException">That is no address with a port.</exception>
    public static IPEndPoint ListenAddress(string url)
    {
        IPAddress? address = IPAddress.Loopback;
        return Uri.TryCreate(url, UriKind.Absolute, out Uri? at) && at.Scheme is "http" or "https" && at.PathAndQuery == "/" && (at.Host == "localhost" || IPAddress.TryParse(at.Host.Trim('[', ']'), out address))
            ? new IPEndPoint(address, at.Port)
            : throw new ControlException($"'{url}' is not where to listen, for example http://127.0.0.1:7800.");
    }

    /// <summary>Has a web server of the service listen.</summary>
    public static void Listen(KestrelServerOptions kestrel, string url, CertificateSettings? certificate)
    {
        kestrel.AddServerHeader = false;

        // What clients may have sent that nobody takes yet, of all streams of a connection and of one.
        kestrel.Limits.Http2.InitialConnectionWindowSize = 256 * 1024;
        kestrel.Limits.Http2.InitialStreamWindowSize = 128 * 1024;
        var end = new ConnectionEnd(ConnectionEnd.Patience, kestrel.ApplicationServices.GetService<TimeProvider>() ?? TimeProvider.System);
        kestrel.Listen(ListenAddress(url), options =>
        {
            options.Use(end.Around);
            if (certificate is null)
                return;
            var serving = new ServingCertificate(certificate, TimeProvider.System, kestrel.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger<ServingCertificate>());
            options.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => ValueTask.FromResult(serving.Current) });
        });
    }

    /// <summary>The service's own credentials for registries.</summary>
    /// <exception cref="ControlException">Their file cannot be read.</exception>
    public static RegistryCredentials OwnCredentials(ControlSettings settings)
    {
        if (settings.RegistryCredentials is not { } path)
            return RegistryCredentials.None;
        try
        {
            return RegistryCredentials.Parse(InputFile.Bytes(path));
        }
        catch (CeremonyException e)
        {
            throw new ControlException(e.Message, e);
        }
        catch (RegistryException e)
        {
            throw new ControlException($"{path}: {e.Message}", e);
        }
    }
}
