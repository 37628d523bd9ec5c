using Microsoft.AspNetCore.Http.Features;
using Qos.Protocol;
using Qos.Transport;

namespace Qos.Host;

/// <summary>
/// <c>POST message</c>: a wire message in, the enclave's answer out. The bytes are never understood here. Both are collected whole, so that
/// neither a slow upload nor a slow download holds a connection of the enclave; a large message that comes fast is passed on meanwhile, and
/// loses that connection when it pauses. Format: docs/protocol/host.md, HTTP API.
/// </summary>
internal static class MessageEndpoint
{
    private const string Binary = "application/octet-stream";

    /// <summary>Maps the route.</summary>
    public static void Map(IEndpointRouteBuilder routes, string basePath) =>
        routes.MapPost(basePath + "/message", HandleAsync);

    private static async Task HandleAsync(HttpContext context)
    {
        IServiceProvider services = context.RequestServices;
        var metrics = services.GetRequiredService<HostMetrics>();
        var settings = services.GetRequiredService<HostSettings>();
        long length = context.Request.ContentLength ?? HostSettings.MaxMessageBytes;
        try
        {
            if (length > HostSettings.MaxMessageBytes)
                throw new BadHttpRequestException("oversize", StatusCodes.Status413PayloadTooLarge);

            if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
                size.MaxRequestBodySize = HostSettings.MaxMessageBytes;
            var budget = services.GetRequiredService<SpoolBudget>();
            var time = services.GetRequiredService<TimeProvider>();
            var gateway = services.GetRequiredService<EnclaveGateway>();
            using var message = new SpooledBody(budget, settings.SpoolFolder, time);
            using var answer = new SpooledBody(budget, settings.SpoolFolder, time);
            Task<bool> upload = message.UploadAsync(context.Request.Body, length, context.RequestAborted);
            bool isPassed;
            try
            {
                isPassed = context.Request.ContentLength is not null
                    && await gateway.TryPassEarlyAsync(message, length, answer, context.RequestAborted).ConfigureAwait(false);
            }
            finally
            {
                // Also when the answer was an error: the upload uses what is disposed here.
                await ((Task)upload).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            if (!await upload.ConfigureAwait(false))
                throw new BadHttpRequestException("oversize", StatusCodes.Status413PayloadTooLarge);
            if (!isPassed)
                await gateway.PassAsync(message, answer, context.RequestAborted).ConfigureAwait(false);
            metrics.MessagePassed(message.Length);
            context.Response.ContentType = Binary;
            context.Response.ContentLength = answer.Length;
            Stream body = answer.Open();
            await using (body.ConfigureAwait(false))
                await body.CopyToAsync(context.Response.Body, context.RequestAborted).ConfigureAwait(false);
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            metrics.MessageOversized();
            await RefuseAsync(context, StatusCodes.Status400BadRequest, ProtocolErrorCode.OversizeMsg).ConfigureAwait(false);
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status408RequestTimeout)
        {
            metrics.UploadTooSlow();
            context.Abort();
        }
        catch (SpoolException e)
        {
            metrics.UploadRefused();
            HostLog.UploadRefused(services.GetRequiredService<ILogger<SpoolBudget>>(), e.Message);
            context.Response.Headers.RetryAfter = "1";
            context.Response.Headers.Connection = "close";
            await RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, ProtocolErrorCode.EnclaveClient).ConfigureAwait(false);
        }
        catch (TransportException e)
        {
            metrics.EnclaveFailed();
            HostLog.EnclaveFailed(services.GetRequiredService<ILogger<EnclaveGateway>>(), e.Message);
            await RefuseAsync(context, StatusCodes.Status500InternalServerError, ProtocolErrorCode.EnclaveClient).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The client went away or sent less than it announced: there is nobody to answer.
            context.Abort();
        }
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
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = answer.Length;
        return context.Response.Body.WriteAsync(answer, context.RequestAborted).AsTask();
    }
}
