using System.Buffers;
using System.Text;

namespace Qos.AppService;

/// <summary>
/// The head of a request in HTTP/1.1, as RFC 9112 has it and no laxer: CRLF alone ends a line, a field stands in one line, a length is digits and is
/// given once, and a body without one is refused. Format: docs/service.md, The requests.
/// </summary>
internal sealed record HttpHead
{
    /// <summary>The longest head in bytes, the empty line included.</summary>
    internal const int MaxBytes = 8 * 1024;

    private const int MaxFields = 64;
    private const int MaxTarget = 256;
    private const int MaxDigits = 9;

    private static readonly SearchValues<byte> s_token = SearchValues.Create(
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    private static readonly SearchValues<byte> s_target = SearchValues.Create(
        "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    /// <summary>Whether the method is POST; otherwise it is GET.</summary>
    internal bool IsPost { get; private init; }

    /// <summary>The path, which begins with a slash and has no query.</summary>
    internal string Path { get; private init; } = "/";

    /// <summary>How many bytes of body follow.</summary>
    internal int ContentLength { get; private set; }

    /// <summary>Whether the connection ends with the answer.</summary>
    internal bool Closes { get; private set; }

    /// <summary>Whether the client sends the body only when it is told to.</summary>
    internal bool ExpectsContinue { get; private set; }

    /// <summary>The field X-Stamp, or null.</summary>
    internal string? Stamp { get; private set; }

    /// <summary>Where the head ends among the bytes that came so far: behind the empty line; -1 when it is not there yet.</summary>
    internal static int EndOf(ReadOnlySpan<byte> received)
    {
        int at = received[..Math.Min(received.Length, MaxBytes)].IndexOf("\r\n\r\n"u8);
        return at < 0 ? -1 : at + 4;
    }

    /// <summary>Reads a head.</summary>
    /// <param name="head">All of it, up to and with the empty line.</param>
    /// <exception cref="HttpRefusal">It is not of the form.</exception>
    internal static HttpHead Parse(ReadOnlySpan<byte> head)
    {
        int end = head.IndexOf("\r\n"u8);
        if (end < 0)
            throw Malformed("the request line does not end");
        HttpHead result = ParseRequestLine(head[..end]);
        ReadOnlySpan<byte> fields = head[(end + 2)..];
        bool hasLength = false;
        for (int count = 0; ; count++)
        {
            end = fields.IndexOf("\r\n"u8);
            if (end == 0)
                break;
            if (end < 0 || count == MaxFields)
                throw new HttpRefusal(431, $"a request has at most {MaxFields} header fields");
            result.Take(fields[..end], ref hasLength);
            fields = fields[(end + 2)..];
        }

        if (fields.Length != 2)
            throw Malformed("something follows the empty line");
        if (result.IsPost && !hasLength)
            throw new HttpRefusal(411, "a body needs the header Content-Length");
        return result;
    }

    private static HttpHead ParseRequestLine(ReadOnlySpan<byte> line)
    {
        bool isPost = line.StartsWith("POST "u8);
        if (!isPost && !line.StartsWith("GET "u8))
        {
            throw line.IndexOfAnyExcept(s_token) is > 0 and int length && line[length] == ' '
                ? new HttpRefusal(405, "the methods are GET and POST") { Allow = "GET, POST" }
                : Malformed("the request line is METHOD /PATH HTTP/1.1");
        }

        ReadOnlySpan<byte> rest = line[(isPost ? 5 : 4)..];
        int space = rest.IndexOf((byte)' ');
        if (space < 1 || rest[0] != '/')
            throw Malformed("the request line is METHOD /PATH HTTP/1.1");
        if (!rest[(space + 1)..].SequenceEqual("HTTP/1.1"u8))
            throw new HttpRefusal(505, "the version is HTTP/1.1");
        if (space > MaxTarget || rest[..space].ContainsAnyExcept(s_target))
            throw new HttpRefusal(404, "there is no such path: the paths have letters, digits and slashes, and no query");
        return new HttpHead { IsPost = isPost, Path = Encoding.ASCII.GetString(rest[..space]) };
    }

    private void Take(ReadOnlySpan<byte> line, ref bool hasLength)
    {
        int colon = line.IndexOf((byte)':');
        if (colon < 1 || line[..colon].ContainsAnyExcept(s_token))
            throw Malformed("a header field is NAME: VALUE in one line");
        ReadOnlySpan<byte> value = line[(colon + 1)..].Trim(" \t"u8);
        foreach (byte b in value)
        {
            if (b is < 0x20 and not (byte)'\t' or 0x7f)
                throw Malformed("a header field holds a control character");
        }

        ReadOnlySpan<byte> name = line[..colon];
        if (Ascii.EqualsIgnoreCase(name, "content-length"u8))
            TakeLength(value, ref hasLength);
        else if (Ascii.EqualsIgnoreCase(name, "transfer-encoding"u8))
            throw new HttpRefusal(411, "a body is sent whole, with the header Content-Length and without Transfer-Encoding");
        else if (Ascii.EqualsIgnoreCase(name, "connection"u8))
            Closes |= Ascii.EqualsIgnoreCase(value, "close"u8);
        else if (Ascii.EqualsIgnoreCase(name, "expect"u8))
            ExpectsContinue = Ascii.EqualsIgnoreCase(value, "100-continue"u8) ? true : throw new HttpRefusal(417, "only 100-continue can be expected");
        else if (Ascii.EqualsIgnoreCase(name, "x-stamp"u8))
            Stamp = Stamp is null ? Encoding.Latin1.GetString(value) : throw Malformed("X-Stamp comes twice");
    }

    private void TakeLength(ReadOnlySpan<byte> value, ref bool hasLength)
    {
        if (hasLength)
            throw Malformed("Content-Length comes twice");
        if (value.IsEmpty || value.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            throw Malformed("Content-Length is not a number");

        // Nine digits fit: what has more, leading zeros included, is too large anyway or was made to confuse.
        if (value.Length > MaxDigits)
            throw new HttpRefusal(413, "the body is too large");
        hasLength = true;
        foreach (byte digit in value)
            ContentLength = (10 * ContentLength) + (digit - '0');
    }

    private static HttpRefusal Malformed(string what) => new(400, $"this is no request in HTTP/1.1: {what}");
}
