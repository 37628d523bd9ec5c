using System.Globalization;
using Qos.Fleet;
using Qos.Fleet.Api;
using Qos.Fleet.Storage;

namespace Qos.Control;

/// <summary>The routes of the API.</summary>
internal static class ApiEndpoints
{
    private const int MaxProofs = 100;

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/public/v1/query/{name}", context => AnswerAsync(context, QueryAsync));
        routes.MapPost("/public/v1/submit/{name}", context => AnswerAsync(context, SubmitAsync));
        routes.MapPost("/events", context => AnswerAsync(context, EventStream.AnswerAsync));
        routes.MapGet("/boot-proofs/{key}", context => AnswerAsync(context, ProofAsync));
        routes.MapGet("/apps/{id}/boot-proofs/latest", context => AnswerAsync(context, LatestProofAsync));
        routes.MapGet("/apps/{id}/boot-proofs", context => AnswerAsync(context, ProofsAsync));
        routes.MapGet("/healthz", static context => context.Response.WriteAsync("ok"));
        routes.MapGet("/readyz", ReadyAsync);
        routes.MapFallback("{**path}", context => AnswerAsync(context, RefuseAsync));
    }

    private static async Task QueryAsync(HttpContext context)
    {
        string name = Route(context, "name");
        RequestGate gate = context.RequestServices.GetRequiredService<RequestGate>();
        ApiQueries queries = context.RequestServices.GetRequiredService<ApiQueries>();

        // Public: for these two a stamp is taken and not needed.
        if (name is "get_boot_proof" or "get_latest_boot_proof" && !context.Request.Headers.ContainsKey(ApiStamp.Header))
        {
            gate.AdmitStranger(context);
            QueryParameters query = ApiBody.Parse(await RequestGate.ReadAsync(context, RequestGate.MaxStrangersBody).ConfigureAwait(false), ApiJson.Default.QueryParameters);
            await ApiAnswers.WriteAsync(
                context,
                name == "get_boot_proof"
                    ? await queries.BootProofAsync(query.EphemeralKey ?? "", context.RequestAborted).ConfigureAwait(false)
                    : await queries.LatestBootProofAsync(query.AppName ?? "", context.RequestAborted).ConfigureAwait(false),
                ApiJson.Default.ApiAnswer).ConfigureAwait(false);
            return;
        }

        await queries.AnswerAsync(context, name, await gate.AdmitAsync(context).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private static async Task SubmitAsync(HttpContext context)
    {
        ApiCaller caller = await context.RequestServices.GetRequiredService<RequestGate>().AdmitAsync(context).ConfigureAwait(false);
        ApiAnswer answer = await context.RequestServices.GetRequiredService<ApiActivities>().SubmitAsync(Route(context, "name"), caller, context.RequestAborted).ConfigureAwait(false);
        await ApiAnswers.WriteAsync(context, answer, ApiJson.Default.ApiAnswer).ConfigureAwait(false);
    }

    private static async Task ProofAsync(HttpContext context)
    {
        context.RequestServices.GetRequiredService<RequestGate>().AdmitStranger(context);
        ApiAnswer answer = await context.RequestServices.GetRequiredService<ApiQueries>().BootProofAsync(Route(context, "key"), context.RequestAborted).ConfigureAwait(false);
        await WriteProofAsync(context, answer).ConfigureAwait(false);
    }

    private static async Task LatestProofAsync(HttpContext context)
    {
        context.RequestServices.GetRequiredService<RequestGate>().AdmitStranger(context);
        ApiAnswer answer = await context.RequestServices.GetRequiredService<ApiQueries>().LatestBootProofAsync(Route(context, "id"), context.RequestAborted).ConfigureAwait(false);
        await WriteProofAsync(context, answer).ConfigureAwait(false);
    }

    private static Task WriteProofAsync(HttpContext context, ApiAnswer answer)
    {
        // Whoever verifies it needs no leave of this service, also not a page of another site.
        context.Response.Headers.AccessControlAllowOrigin = "*";
        return ApiAnswers.WriteAsync(context, answer.BootProof!, ApiJson.Default.ApiBootProof);
    }

    private static async Task ProofsAsync(HttpContext context)
    {
        context.RequestServices.GetRequiredService<RequestGate>().AdmitStranger(context);
        long before = long.TryParse(context.Request.Query["before"], NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : long.MaxValue;
        int limit = int.TryParse(context.Request.Query["limit"], NumberStyles.None, CultureInfo.InvariantCulture, out int asked) ? Math.Clamp(asked, 1, MaxProofs) : 10;
        IReadOnlyList<BootProofRecord> proofs = await context.RequestServices.GetRequiredService<FleetDatabase>().ProofsAsync(Route(context, "id"), before, limit, context.RequestAborted).ConfigureAwait(false);
        context.Response.Headers.AccessControlAllowOrigin = "*";
        await ApiAnswers.WriteAsync(
            context,
            new ApiBootProofs
            {
                BootProofs = [.. proofs.Select(ApiMapping.Of)],
                Next = proofs.Count == limit || proofs.Sum(static proof => proof.Size) > FleetDatabase.PageBytes ? proofs[^1].Sequence.ToString(CultureInfo.InvariantCulture) : null,
            },
            ApiJson.Default.ApiBootProofs).ConfigureAwait(false);
    }

    // Also a client that is wrong here gets the API's form.
    private static Task RefuseAsync(HttpContext context)
    {
        string[] parts = context.Request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries);
        string? method = parts switch
        {
            ["public", "v1", "query" or "submit", _] or ["events"] => "POST",
            ["boot-proofs", _] or ["apps", _, "boot-proofs"] or ["apps", _, "boot-proofs", "latest"] or ["healthz"] or ["readyz"] or ["metrics"] => "GET",
            _ => null,
        };
        if (method is null)
            throw new ApiException(ApiCode.NotFound, "there is no such path here: the API is at /public/v1/query/NAME and /public/v1/submit/NAME");
        context.Response.Headers.Allow = method;
        context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
        return ApiAnswers.WriteAsync(context, new ApiStatus { Code = (int)ApiCode.Unimplemented, Message = $"this path takes {method} alone" }, ApiJson.Default.ApiStatus);
    }

    private static async Task ReadyAsync(HttpContext context)
    {
        if (!await context.RequestServices.GetRequiredService<DatabaseProbe>().AnswersAsync(context.RequestAborted).ConfigureAwait(false))
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            await context.Response.WriteAsync("the database does not answer").ConfigureAwait(false);
            return;
        }

        // It answers and carries traffic all the same.
        string? hindrance = context.RequestServices.GetRequiredService<ReconcilerHandle>().Hindrance;
        await context.Response.WriteAsync(hindrance is null ? "ready" : $"ready, but does not reconcile: {hindrance}").ConfigureAwait(false);
    }

    private static string Route(HttpContext context, string name) => context.Request.RouteValues[name] as string ?? "";

    private static async Task AnswerAsync(HttpContext context, Func<HttpContext, Task> answer)
    {
        try
        {
            await answer(context).ConfigureAwait(false);
        }
        catch (ApiException e) when (!context.Response.HasStarted)
        {
            await ApiAnswers.RefuseAsync(context, e).ConfigureAwait(false);
        }
        catch (System.Data.Common.DbException e) when (!context.Response.HasStarted)
        {
            context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("Qos.Control.Api").LogDatabase(e.Message);
            await ApiAnswers.RefuseAsync(context, new ApiException(ApiCode.Unavailable, "the database does not answer: try again")).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody waits for the answer.
        }
        catch (OperationCanceledException) when (!context.Response.HasStarted)
        {
            await ApiAnswers.RefuseAsync(context, new ApiException(ApiCode.InvalidArgument, "the body did not come in time")).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException && !context.Response.HasStarted)
        {
            // Whatever it is, a client gets the API's form, and the operator the reason.
            context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("Qos.Control.Api").LogBroken(Protocol.VisibleText.Escape(context.Request.Path.Value ?? ""), e);
            await ApiAnswers.RefuseAsync(context, new ApiException(ApiCode.Internal, "the service failed at this request; its log says why")).ConfigureAwait(false);
        }
    }
}

internal static partial class ApiLog
{
    [LoggerMessage(Level = LogLevel.Error, Message = "The database failed a request: {Why}")]
    public static partial void LogDatabase(this ILogger logger, string why);

    [LoggerMessage(Level = LogLevel.Error, Message = "A request for {Path} failed")]
    public static partial void LogBroken(this ILogger logger, string path, Exception exception);
}
