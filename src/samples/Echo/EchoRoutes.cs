using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Qos.App;

namespace Qos.Sample.Echo;

/// <summary>What this app does: it says who it is, and echoes JSON with a proof that the answer comes from this enclave.</summary>
public sealed class EchoRoutes(QosApp app, TimeProvider time)
{
    /// <summary>Answers one request.</summary>
    public HttpResponse Answer(HttpRequest request) => (request.Method, request.Path) switch
    {
        ("GET", "/") => Greet(),
        ("GET", "/health") => HttpResponse.Json(200, writer => writer.WriteString("status", "ok")),
        ("POST", "/echo") => Echo(request.Body),
        (_, "/" or "/health" or "/echo") => HttpResponse.Refusal(405, "GET / or /health, POST /echo."),
        _ => HttpResponse.Refusal(404, "There is GET /, GET /health and POST /echo."),
    };

    private HttpResponse Greet() => HttpResponse.Json(200, writer =>
    {
        writer.WriteString("greeting", "Hello from inside. POST some JSON to /echo and check the proof that comes back.");
        writer.WriteString("namespace", app.Manifest.Namespace.Name);
        writer.WriteString("ephemeralKey", app.EphemeralKey.ToHex());
        writer.WriteString("quorumKey", app.QuorumKey.ToHex());
    });

    private HttpResponse Echo(ReadOnlyMemory<byte> body)
    {
        if (!IsJson(body.Span))
            return HttpResponse.Refusal(400, "The body is not JSON.");

        byte[] proof = app.SignProof(Payload(body)).ToJson();
        return HttpResponse.Json(200, writer =>
        {
            writer.WritePropertyName("echo");
            writer.WriteRawValue(body.Span);
            writer.WritePropertyName("appProof");
            writer.WriteRawValue(proof, skipInputValidation: true);
        });
    }

    // The payload holds the request itself, so that a proof cannot be shown beside another one.
    private string Payload(ReadOnlyMemory<byte> body)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter writer = new(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("type", "QOS_SAMPLE_ECHO");
            writer.WriteString("timestampMs", time.GetUtcNow().ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture));
            writer.WriteString("requestSha256", Convert.ToHexStringLower(SHA256.HashData(body.Span)));
            writer.WritePropertyName("body");
            writer.WriteRawValue(body.Span);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
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
