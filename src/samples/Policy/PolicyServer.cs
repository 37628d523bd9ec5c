using System.Net;
using System.Text.Json;
using Qos.App;
using Qos.Protocol;

namespace Qos.Sample.Policy;

/// <summary>The engine over HTTP, on 127.0.0.1, where the enclave's bridge leads.</summary>
public static class PolicyServer
{
    private const int MaxBody = 1024 * 1024;
    private const int MaxStamps = 101;

    private static readonly JsonDocumentOptions s_strict = new() { AllowDuplicateProperties = false, MaxDepth = 8 };

    /// <summary>A server that does not listen yet.</summary>
    public static WebApplication Build(PolicyEngine engine, ushort port)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = "/" });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, port);
            kestrel.Limits.MaxConcurrentConnections = 256;
            kestrel.Limits.MaxRequestBodySize = MaxBody;
        });
        builder.Services.AddRoutingCore();
        WebApplication server = builder.Build();
        server.MapGet("/health", (HttpContext http) => AnswerAsync(http, 200, "{\"status\":\"ok\"}"u8.ToArray()));
        server.MapPost("/changes", (HttpContext http) => ChangeAsync(engine, http));
        server.MapPost("/decisions", (HttpContext http) => DecideAsync(engine, http));
        return server;
    }

    private static Task ChangeAsync(PolicyEngine engine, HttpContext http) => ServeAsync(http, json => engine.ChangeAsync(
        Text(json, "change"),
        [.. json.GetProperty("stamps").EnumerateArray().Take(MaxStamps).Select(static stamp => stamp.GetString() ?? "")],
        http.RequestAborted));

    private static Task DecideAsync(PolicyEngine engine, HttpContext http) => ServeAsync(http, json => engine.DecideAsync(
        Text(json, "organization"), Text(json, "action"), Change.Amount(Text(json, "amount")), KnownOf(json), http.RequestAborted));

    private static async Task ServeAsync(HttpContext http, Func<JsonElement, Task<AppProof>> answer)
    {
        try
        {
            using JsonDocument body = await JsonDocument.ParseAsync(http.Request.Body, s_strict, http.RequestAborted);
            await AnswerAsync(http, 200, (await answer(body.RootElement)).ToJson());
        }
        catch (PolicyException refused)
        {
            await RefuseAsync(http, refused.Status, refused.Message);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            await RefuseAsync(http, 400, "the body is not JSON, or a member is missing, doubled or of another kind");
        }
        catch (BadHttpRequestException e)
        {
            await RefuseAsync(http, e.StatusCode, e.Message);
        }
    }

    private static StateHead? KnownOf(JsonElement json)
    {
        if (!json.TryGetProperty("known", out JsonElement known))
            return null;
        return StateHead.TryParse(known.GetString(), out StateHead? head) ? head : throw new PolicyException(400, "known is a head, SEQUENCE:HASH");
    }

    private static string Text(JsonElement json, string name) =>
        json.GetProperty(name).GetString() ?? throw new PolicyException(400, $"{name} is a string");

    private static Task RefuseAsync(HttpContext http, int status, string message)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("error", message);
            writer.WriteEndObject();
        }

        return AnswerAsync(http, status, buffer.ToArray());
    }

    private static Task AnswerAsync(HttpContext http, int status, byte[] json)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = json.Length;
        return http.Response.Body.WriteAsync(json).AsTask();
    }
}
