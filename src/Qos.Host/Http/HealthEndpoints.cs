using System.Text;
using Qos.Protocol;

namespace Qos.Host;

/// <summary>Whether the host, its enclave and the app are well. Format: docs/protocol/host.md, HTTP API.</summary>
internal static class HealthEndpoints
{
    /// <summary>The header of <c>enclave-health</c> that tells the app's state, which the status there cannot.</summary>
    public const string AppHeader = "Qos-App";

    private const string PlainText = "text/plain; charset=utf-8";

    // Load balancers ask with either.
    private static readonly string[] s_probes = ["GET", "HEAD"];

    // An answer within two seconds, whatever the enclave does: half a second is for the way.
    private static readonly TimeSpan s_readyPatience = TimeSpan.FromSeconds(1.5);

    /// <summary>Maps the protocol's own health routes.</summary>
    public static void Map(IEndpointRouteBuilder routes, string basePath)
    {
        // Looked up once: these are the most frequent requests of all, and tell nothing in the durations of the others.
        var gateway = routes.ServiceProvider.GetRequiredService<EnclaveGateway>();
        var monitor = routes.ServiceProvider.GetRequiredService<EnclaveMonitor>();
        var metrics = routes.ServiceProvider.GetRequiredService<HostMetrics>();
        routes.MapGet(basePath + "/host-health", static (HttpContext context) => Text(context, StatusCodes.Status200OK, "Ok!")).DisableHttpMetrics();
        routes.MapGet(basePath + "/enclave-health", (HttpContext context) => EnclaveHealthAsync(context, gateway, monitor, metrics)).DisableHttpMetrics();
    }

    /// <summary>Maps what orchestrators ask for.</summary>
    /// <param name="routes">Where to.</param>
    /// <param name="isHere">Whether these routes are on the end point that a request came to.</param>
    public static void MapProbes(IEndpointRouteBuilder routes, Func<HttpContext, bool> isHere)
    {
        routes.MapMethods("/healthz", s_probes, (HttpContext context) => isHere(context) ? Text(context, StatusCodes.Status200OK, "ok") : NotFound(context)).DisableHttpMetrics();
        routes.MapMethods("/readyz", s_probes, (HttpContext context) => isHere(context) ? ReadyAsync(context) : NotFound(context)).DisableHttpMetrics();
    }

    /// <summary>Answers that there is nothing here.</summary>
    public static Task NotFound(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }

    /// <summary>The enclave is useful in these phases. Format: docs/protocol/host.md, HTTP API.</summary>
    private static bool IsHealthy(ProtocolPhase phase) =>
        phase is ProtocolPhase.QuorumKeyProvisioned or ProtocolPhase.GenesisBooted;

    private static async Task EnclaveHealthAsync(HttpContext context, EnclaveGateway gateway, EnclaveMonitor monitor, HostMetrics metrics)
    {
        metrics.HealthChecked();
        int status;
        string text;
        try
        {
            ProtocolPhase phase = await gateway.PhaseAsync(CancellationToken.None).ConfigureAwait(false);
            status = IsHealthy(phase) ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
            text = PhaseText(phase);
            if (monitor.View.Status?.Pivot is { } pivot)
                context.Response.Headers[AppHeader] = StateText(pivot.State);
        }
        catch (Exception e) when (EnclaveGateway.IsFailure(e))
        {
            metrics.EnclaveFailed();
            status = StatusCodes.Status500InternalServerError;
            text = e.Message;
        }

        await Text(context, status, text).ConfigureAwait(false);
    }

    private static async Task ReadyAsync(HttpContext context)
    {
        IServiceProvider services = context.RequestServices;
        string? problem;
        try
        {
            NodeStatus status = await services.GetRequiredService<EnclaveGateway>().StatusAsync(context.RequestAborted)
                .WaitAsync(s_readyPatience, services.GetRequiredService<TimeProvider>(), context.RequestAborted).ConfigureAwait(false);
            services.GetRequiredService<EnclaveMonitor>().Saw(status);
            problem = services.GetRequiredService<Readiness>().Problem(status);
        }
        catch (TimeoutException)
        {
            problem = "the enclave does not answer in time";
        }
        catch (Exception e) when (EnclaveGateway.IsFailure(e))
        {
            problem = e.Message;
        }

        await Text(
            context,
            problem is null ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable,
            problem is null ? "ready" : $"not ready: {problem}").ConfigureAwait(false);
    }

    // Names that are there already: this is the most frequent answer of all.
    private static string PhaseText(ProtocolPhase phase) => phase switch
    {
        ProtocolPhase.QuorumKeyProvisioned => nameof(ProtocolPhase.QuorumKeyProvisioned),
        ProtocolPhase.WaitingForBootInstruction => nameof(ProtocolPhase.WaitingForBootInstruction),
        ProtocolPhase.GenesisBooted => nameof(ProtocolPhase.GenesisBooted),
        ProtocolPhase.WaitingForQuorumShards => nameof(ProtocolPhase.WaitingForQuorumShards),
        ProtocolPhase.WaitingForForwardedKey => nameof(ProtocolPhase.WaitingForForwardedKey),
        _ => nameof(ProtocolPhase.UnrecoverableError),
    };

    /// <summary>The state as metrics and headers have it.</summary>
    internal static string StateText(PivotState state) => state switch
    {
        PivotState.Running => "running",
        PivotState.Restarting => "restarting",
        PivotState.Exited => "exited",
        PivotState.Failed => "failed",
        _ => "waiting",
    };

    // All of these texts are ASCII but for an error of the system's, and none is long.
    private static Task Text(HttpContext context, int status, string text)
    {
        HttpResponse response = context.Response;
        response.StatusCode = status;
        response.ContentType = PlainText;
        response.ContentLength = Encoding.UTF8.GetByteCount(text);
        Encoding.UTF8.GetBytes(text, response.BodyWriter);
        return Task.CompletedTask;
    }
}
