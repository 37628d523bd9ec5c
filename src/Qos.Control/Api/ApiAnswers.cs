using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Qos.Fleet.Api;

namespace Qos.Control;

/// <summary>Writes answers and refusals, always as <c>application/json</c> without parameters: a known client takes nothing else.</summary>
internal static class ApiAnswers
{
    public static async Task WriteAsync<T>(HttpContext context, T answer, JsonTypeInfo<T> type)
    {
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(answer, type);
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted).ConfigureAwait(false);
    }

    public static Task RefuseAsync(HttpContext context, ApiException refusal)
    {
        context.Response.StatusCode = StatusOf(refusal.Code);
        if (refusal.Code == ApiCode.ResourceExhausted)
            context.Response.Headers.RetryAfter = "1";
        return WriteAsync(context, new ApiStatus { Code = (int)refusal.Code, Message = refusal.Message }, ApiJson.Default.ApiStatus);
    }

    private static int StatusOf(ApiCode code) => code switch
    {
        ApiCode.NotFound => StatusCodes.Status404NotFound,
        ApiCode.AlreadyExists => StatusCodes.Status409Conflict,
        ApiCode.PermissionDenied => StatusCodes.Status403Forbidden,
        ApiCode.ResourceExhausted => StatusCodes.Status429TooManyRequests,
        ApiCode.Unimplemented => StatusCodes.Status501NotImplemented,
        ApiCode.Internal => StatusCodes.Status500InternalServerError,
        ApiCode.Unavailable => StatusCodes.Status503ServiceUnavailable,
        ApiCode.Unauthenticated => StatusCodes.Status401Unauthorized,
        _ => StatusCodes.Status400BadRequest,
    };
}
