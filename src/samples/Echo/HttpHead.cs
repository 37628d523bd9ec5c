using System.Buffers;
using System.Globalization;
using System.Text;

namespace Qos.Sample.Echo;

/// <summary>
/// The request line and the header fields that matter here. Strict where leniency lets two readers see different requests: one length,
/// no transfer codings, no folded lines, no space before a colon.
/// </summary>
/// <param name="Method">Such as GET.</param>
/// <param name="Path">The target up to a question mark.</param>
/// <param name="ContentLength">Bytes of the body that follows.</param>
/// <param name="KeepAlive">Whether another request may follow.</param>
/// <param name="ExpectsContinue">Whether the client waits for "100 Continue" before it sends the body.</param>
public sealed record HttpHead(string Method, string Path, int ContentLength, bool KeepAlive, bool ExpectsContinue)
{
    /// <summary>Bytes of a head, its empty line included.</summary>
    public const int MaxSize = 16 * 1024;

    /// <summary>Bytes of a body.</summary>
    public const int MaxBody = 1024 * 1024;

    private static readonly SearchValues<char> s_tokenCharacters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    private static readonly SearchValues<byte> s_headBytes =
        SearchValues.Create([.. Enumerable.Range(' ', '~' - ' ' + 1).Select(value => (byte)value), (byte)'\t', (byte)'\r', (byte)'\n']);

    /// <summary>Reads a head without its empty line.</summary>
    /// <exception cref="HttpRefusedException">It is not one that this server takes.</exception>
    public static HttpHead Parse(ReadOnlySpan<byte> head)
    {
        if (head.IndexOfAnyExcept(s_headBytes) >= 0)
            throw new HttpRefusedException(400, "The request's head holds bytes that are not printable ASCII.");

        string[] lines = Encoding.ASCII.GetString(head).Split("\r\n");
        if (lines[0].Split(' ') is not [{ Length: > 0 } method, { Length: > 0 } target, { } version] || !IsToken(method))
            throw new HttpRefusedException(400, "The request line is not METHOD TARGET VERSION.");
        if (version is not ("HTTP/1.1" or "HTTP/1.0"))
            throw new HttpRefusedException(505, "This server speaks version 1.1.");

        Dictionary<string, string> fields = Fields(lines.AsSpan(1));
        bool isCurrent = version == "HTTP/1.1";
        if (isCurrent && !fields.ContainsKey("host"))
            throw new HttpRefusedException(400, "A request needs one Host field.");
        if (fields.ContainsKey("transfer-encoding"))
            throw new HttpRefusedException(501, "Transfer codings are not taken: send a Content-Length.");

        string connection = fields.GetValueOrDefault("connection", isCurrent ? "keep-alive" : "close");
        return new HttpHead(
            method,
            target.Split('?', 2)[0],
            Length(fields),
            isCurrent && !connection.Contains("close", StringComparison.OrdinalIgnoreCase),
            isCurrent && fields.GetValueOrDefault("expect", "").Equals("100-continue", StringComparison.OrdinalIgnoreCase));
    }

    private static bool IsToken(string text) => text.Length > 0 && text.AsSpan().IndexOfAnyExcept(s_tokenCharacters) < 0;

    private static Dictionary<string, string> Fields(ReadOnlySpan<string> lines)
    {
        Dictionary<string, string> fields = new(StringComparer.OrdinalIgnoreCase);
        foreach (string line in lines)
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0 || !IsToken(line[..colon]) || line.AsSpan().IndexOfAny('\r', '\n') >= 0)
                throw new HttpRefusedException(400, "A header field is not NAME: VALUE.");

            // A field that comes twice could be read in two ways; of those that decide about framing, one is enough.
            string name = line[..colon];
            string value = line[(colon + 1)..].Trim(' ', '\t');
            if (!fields.TryAdd(name, value))
            {
                if (name.ToUpperInvariant() is "CONTENT-LENGTH" or "HOST" or "TRANSFER-ENCODING")
                    throw new HttpRefusedException(400, $"The field {name} comes twice.");
                fields[name] += $", {value}";
            }
        }

        return fields;
    }

    private static int Length(Dictionary<string, string> fields)
    {
        if (!fields.TryGetValue("content-length", out string? text))
            return 0;
        if (text.Length == 0 || text.AsSpan().IndexOfAnyExceptInRange('0', '9') >= 0)
            throw new HttpRefusedException(400, "Content-Length is not a number.");
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int length) || length > MaxBody)
            throw new HttpRefusedException(413, "A body has at most 1 MiB.");
        return length;
    }
}
