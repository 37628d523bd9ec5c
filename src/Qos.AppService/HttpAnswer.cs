using System.Globalization;
using System.Text;

namespace Qos.AppService;

/// <summary>
/// The answer to one request, head and body in one piece of memory, so that it goes out with one call: the body is written first, behind room for the head.
/// </summary>
internal sealed class HttpAnswer : IDisposable
{
    private const int RoomForHead = 256;
    private const int Usual = 2 * 1024;

    private readonly WipedBuffer _buffer = new(Usual);

    internal HttpAnswer() => Clear();

    /// <summary>What the body is.</summary>
    internal string ContentType { get; set; } = Json;

    internal const string Json = "application/json";
    internal const string Binary = "application/octet-stream";

    /// <summary>Adds to the body.</summary>
    internal void Write(ReadOnlySpan<byte> bytes) => _buffer.Write(bytes);

    /// <summary>Room for so many bytes of the body, to be filled by the caller.</summary>
    internal Span<byte> Append(int count)
    {
        _buffer.Reserve(_buffer.Length + count);
        _buffer.Advance(count);
        return _buffer.Span[^count..];
    }

    /// <summary>The whole answer.</summary>
    internal ReadOnlyMemory<byte> Complete(int status, bool closes, string? allow = null)
    {
        string head = string.Create(
            CultureInfo.InvariantCulture,
            $"HTTP/1.1 {status} {ReasonOf(status)}\r\nContent-Type: {ContentType}\r\nContent-Length: {_buffer.Length - RoomForHead}\r\n{(allow is null ? "" : $"Allow: {allow}\r\n")}{(closes ? "Connection: close\r\n" : "")}\r\n");
        int start = RoomForHead - head.Length;
        Encoding.ASCII.GetBytes(head, _buffer.Span[start..]);
        return _buffer.Memory[start..];
    }

    /// <summary>Wipes what was written and begins anew.</summary>
    internal void Clear()
    {
        _buffer.Consume(_buffer.Length);
        Append(RoomForHead);
        ContentType = Json;
    }

    /// <summary>Wipes what was written.</summary>
    public void Dispose() => _buffer.Dispose();

    private static string ReasonOf(int status) => status switch
    {
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        411 => "Length Required",
        413 => "Content Too Large",
        417 => "Expectation Failed",
        422 => "Unprocessable Content",
        431 => "Request Header Fields Too Large",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        505 => "HTTP Version Not Supported",
        _ => "Internal Server Error",
    };
}
