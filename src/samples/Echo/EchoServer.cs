using System.Buffers;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Qos.App;
using Qos.Protocol;

namespace Qos.Sample.Echo;

/// <summary>What this app does: it says who it is, and echoes JSON with a proof that the answer comes from this enclave.</summary>
public static class EchoServer
{
    /// <summary>
    /// A server on 127.0.0.1, where the enclave's bridge leads. The empty builder reads no file and no environment: what the app does is decided by its
    /// binary and its arguments, which the manifest names.
    /// </summary>
    public static WebApplication Build(QosApp qos, ushort port, TimeProvider time)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = "/" });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, port);
            kestrel.Limits.MaxConcurrentConnections = 256;
            kestrel.Limits.MaxRequestBodySize = 1024 * 1024;
        });
        builder.Services.AddRoutingCore();
        WebApplication server = builder.Build();

        server.MapGet("/", (HttpContext http) => AnswerAsync(http, writer =>
        {
            writer.WriteString("greeting", "Hello from inside. POST some JSON to /echo and check the proof that comes back.");
            writer.WriteString("namespace", qos.Manifest.Namespace.Name);
            writer.WriteString("ephemeralKey", qos.EphemeralKey.ToHex());
            writer.WriteString("quorumKey", qos.QuorumKey.ToHex());
        }));
        server.MapGet("/health", (HttpContext http) => AnswerAsync(http, writer => writer.WriteString("status", "ok")));
        server.MapPost("/echo", async (HttpContext http) =>
        {
            using MemoryStream content = new();
            await http.Request.Body.CopyToAsync(content, http.RequestAborted);
            byte[] body = content.ToArray();
            if (!IsJson(body))
            {
                http.Response.StatusCode = StatusCodes.Status400BadRequest;
                await AnswerAsync(http, writer => writer.WriteString("error", "The body is not JSON."));
                return;
            }

            AppProof proof = qos.SignProof(Payload(body, time.GetUtcNow()));
            await AnswerAsync(http, writer =>
            {
                writer.WritePropertyName("echo");
                writer.WriteRawValue(body);
                writer.WritePropertyName("appProof");
                writer.WriteRawValue(proof.ToJson());
            });
        });
        return server;
    }

    // The payload holds the request itself, so that a proof cannot be shown beside another one.
    private static string Payload(byte[] body, DateTimeOffset now) => Encoding.UTF8.GetString(Json(writer =>
    {
        writer.WriteString("type", "QOS_SAMPLE_ECHO");
        writer.WriteString("timestampMs", now.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture));
        writer.WriteString("requestSha256", Convert.ToHexStringLower(SHA256.HashData(body)));
        writer.WritePropertyName("body");
        writer.WriteRawValue(body);
    }));

    private static Task AnswerAsync(HttpContext http, Action<Utf8JsonWriter> write)
    {
        byte[] body = Json(write);
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = body.Length;
        return http.Response.Body.WriteAsync(body).AsTask();
    }

    // Written by hand, so that nothing needs reflection.
    private static byte[] Json(Action<Utf8JsonWriter> write)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter writer = new(buffer))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    // A few levels below the reader's limit, because the answer and the payload wrap the body.
    private static bool IsJson(ReadOnlySpan<byte> body)
    {
        try
        {
            Utf8JsonReader reader = new(body, new JsonReaderOptions { MaxDepth = 60 });
            while (reader.Read())
            {
                // Only strings are decoded here: the reader checks UTF-8 no earlier.
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName)
                    _ = reader.GetString();
            }

            return true;
        }
        catch (Exception refused) when (refused is JsonException or InvalidOperationException)
        {
            return false;
        }
    }
}
