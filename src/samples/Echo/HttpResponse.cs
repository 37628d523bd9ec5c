using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Qos.Sample.Echo;

/// <summary>One answer; its body is always JSON.</summary>
/// <param name="Status">The status code.</param>
/// <param name="Body">UTF-8 JSON.</param>
public sealed record HttpResponse(int Status, ReadOnlyMemory<byte> Body)
{
    /// <summary>An answer with a body that is written by hand, so that nothing needs reflection.</summary>
    public static HttpResponse Json(int status, Action<Utf8JsonWriter> write)
    {
        using MemoryStream body = new();
        using (Utf8JsonWriter writer = new(body))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        return new HttpResponse(status, body.ToArray());
    }

    /// <summary>A refusal with its reason in one line.</summary>
    public static HttpResponse Refusal(int status, string reason) => Json(status, writer => writer.WriteString("error", reason));

    /// <summary>The answer's bytes.</summary>
    public byte[] ToBytes(bool keepAlive)
    {
        string head = string.Create(
            CultureInfo.InvariantCulture,
            $"HTTP/1.1 {Status} {Reason}\r\nContent-Type: application/json\r\nContent-Length: {Body.Length}\r\nConnection: {(keepAlive ? "keep-alive" : "close")}\r\n\r\n");
        return [.. Encoding.ASCII.GetBytes(head), .. Body.Span];
    }

    private string Reason => Status switch
    {
        200 => "OK",
        400 => "Bad Request",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        413 => "Content Too Large",
        431 => "Request Header Fields Too Large",
        501 => "Not Implemented",
        505 => "HTTP Version Not Supported",
        _ => "Answer",
    };
}
