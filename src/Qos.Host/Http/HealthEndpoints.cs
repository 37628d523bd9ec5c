using Qos.Protocol;
using Qos.Serialization;
using Qos.Transport;

namespace Qos.Host.Http;

/// <summary>Whether the host and its enclave are well. Specification: host, HTTP API.</summary>
internal static class HealthEndpoints
{
    /// <summary>Maps the protocol's health routes and the ones that orchestrators ask for.</summary>
    public static void Map(IEndpointRouteBuilder routes, string basePath)
    {
        routes.MapGet(basePath + "/host-health", static (HttpContext context) => Text(context, StatusCodes.Status200OK, "Ok!"));
        routes.MapGet(basePath + "/enclave-health", EnclaveHealthAsync);
        routes.MapGet("/healthz", static (HttpContext context) => Text(context, StatusCodes.Status200OK, "ok"));
        routes.MapGet("/readyz", ReadyAsync);
    }

    /// <summary>The enclave is useful in these phases. Specification: host, HTTP API.</summary>
    private static bool IsHealthy(ProtocolPhase phase) =>
        phase is ProtocolPhase.QuorumKeyProvisioned or ProtocolPhase.GenesisBooted;

    private static async Task EnclaveHealthAsync(HttpContext context)
    {
        var gateway = context.RequestServices.GetRequiredService<EnclaveGateway>();
        var metrics = context.RequestServices.GetRequiredService<HostMetrics>();
        metrics.HealthChecked();
        int status;
        string text;
        try
        {
            ProtocolPhase phase = await gateway.PhaseAsync(context.RequestAborted).ConfigureAwait(false);
            status = IsHealthy(phase) ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
            text = phase.ToString();
        }
        catch (Exception e) when (IsEnclaveFailure(e))
        {
            metrics.EnclaveFailed();
            status = StatusCodes.Status500InternalServerError;
            text = e.Message;
        }

        await Text(context, status, text).ConfigureAwait(false);
    }

    private static async Task ReadyAsync(HttpContext context)
    {
        var gateway = context.RequestServices.GetRequiredService<EnclaveGateway>();
        bool ready;
        string text;
        try
        {
            ProtocolPhase phase = await gateway.PhaseAsync(context.RequestAborted).ConfigureAwait(false);
            ready = phase == ProtocolPhase.QuorumKeyProvisioned;
            text = ready ? "ready" : $"not ready: {phase}";
        }
        catch (Exception e) when (IsEnclaveFailure(e))
        {
            ready = false;
            text = $"not ready: {e.Message}";
        }

        await Text(context, ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable, text).ConfigureAwait(false);
    }

    /// <summary>True for what a missing, mute or confused enclave causes.</summary>
    internal static bool IsEnclaveFailure(Exception e) => e is TransportException or EncodingException or ProtocolException;

    private static Task Text(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(text, context.RequestAborted);
    }
}
