using Microsoft.AspNetCore.Http.Features;
using Qos.Protocol;
using Qos.Transport;

namespace Qos.Host.Http;

/// <summary>
/// <c>POST message</c>: a wire message in, the enclave's answer out. The bytes are never understood here, and a body whose
/// length is announced is passed on while it arrives. Specification: host, HTTP API.
/// </summary>
internal static class MessageEndpoint
{
    private const string Binary = "application/octet-stream";

    /// <summary>Maps the route.</summary>
    public static void Map(IEndpointRouteBuilder routes, string basePath) =>
        routes.MapPost(basePath + "/message", HandleAsync);

    private static async Task HandleAsync(HttpContext context)
    {
        var metrics = context.RequestServices.GetRequiredService<HostMetrics>();
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = HostOptions.MaxMessageBytes;

        try
        {
            if (context.Request.ContentLength is { } announced)
            {
                if (announced > HostOptions.MaxMessageBytes)
                    throw new BadHttpRequestException("oversize", StatusCodes.Status413PayloadTooLarge);
                await PassAsync(context, metrics, context.Request.Body, announced).ConfigureAwait(false);
                return;
            }

            await using SpooledBody body = await SpooledBody.ReadAsync(context.Request.Body, context.RequestAborted).ConfigureAwait(false);
            await PassAsync(context, metrics, body.Content, body.Length).ConfigureAwait(false);
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            metrics.MessageOversized();
            await RefuseAsync(context, StatusCodes.Status400BadRequest, ProtocolErrorCode.OversizeMsg).ConfigureAwait(false);
        }
        catch (TransportException e) when (e.Error is TransportError.Oversize)
        {
            metrics.MessageOversized();
            await RefuseAsync(context, StatusCodes.Status400BadRequest, ProtocolErrorCode.OversizeMsg).ConfigureAwait(false);
        }
        catch (TransportException e) when (e.Error is not TransportError.ShortBody)
        {
            metrics.EnclaveFailed();
            HostLog.EnclaveFailed(context.RequestServices.GetRequiredService<ILogger<EnclaveGateway>>(), e.Message);
            await RefuseAsync(context, StatusCodes.Status500InternalServerError, ProtocolErrorCode.EnclaveClient).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TransportException or IOException or OperationCanceledException)
        {
            // The client went away or sent less than it announced: there is nobody to answer.
            context.Abort();
        }
    }

    private static async Task PassAsync(HttpContext context, HostMetrics metrics, Stream body, long length)
    {
        var gateway = context.RequestServices.GetRequiredService<EnclaveGateway>();
        using EnclaveResponse answer = await gateway.PassAsync(body, length, context.RequestAborted).ConfigureAwait(false);
        metrics.MessagePassed(length);
        context.Response.ContentType = Binary;
        context.Response.ContentLength = answer.Length;
        await answer.CopyToAsync(context.Response.Body, context.RequestAborted).ConfigureAwait(false);
    }

    private static Task RefuseAsync(HttpContext context, int status, ProtocolErrorCode code)
    {
        if (context.Response.HasStarted)
        {
            // Half an answer must not look like a whole one.
            context.Abort();
            return Task.CompletedTask;
        }

        byte[] answer = MessageCodec.Encode(new ProtocolMessage.ProtocolErrorResponse(new ProtocolError(code)), WireEncoding.Json);
        context.Response.Clear();
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = answer.Length;
        return context.Response.Body.WriteAsync(answer, context.RequestAborted).AsTask();
    }
}
