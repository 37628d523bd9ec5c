using System.Net.Http.Headers;
using System.Text;
using Microsoft.Extensions.Primitives;

namespace Qos.Control;

/// <summary>
/// Names of headers that a message's <c>Connection</c> header says are for its next reader alone (RFC 9110, 7.6.1): the ingress reads them, and passes none on.
/// Those that are for the next reader alone whether or not they are named, YARP leaves out.
/// </summary>
internal static class ConnectionOptions
{
    private const string KeepAlive = "keep-alive";
    private const string Close = "close";
    private const string Upgrade = "upgrade";
    private static readonly Encoding s_encoding = new NamesKept();

    /// <summary>How Kestrel is to read a client's header of a name; null when that is as it likes.</summary>
    public static Encoding? EncodingOf(string header) => header == "Connection" ? s_encoding : null;

    /// <summary>The names; null when there are none, as with almost every message.</summary>
    /// <param name="connection">The header's values.</param>
    public static HashSet<string>? Names(in StringValues connection)
    {
        HashSet<string>? names = null;
        foreach (string? value in connection)
        {
            if (value is null || IsUsual(value))
                continue;
            ReadOnlySpan<char> all = value;
            foreach (Range range in all.Split(','))
            {
                ReadOnlySpan<char> name = all[range].Trim(" \t");
                if (!name.IsEmpty && !IsUsual(name) && !IsOfEveryMessage(name))
                    (names ??= new HashSet<string>(StringComparer.OrdinalIgnoreCase)).Add(name.ToString());
            }
        }

        return names;
    }

    /// <summary>The names that an app's answer has there.</summary>
    public static HashSet<string>? Names(HttpResponseHeaders headers)
    {
        if (!headers.NonValidated.TryGetValues("Connection", out HeaderStringValues values))
            return null;
        return Names(values.Count == 1 ? new StringValues(values.ToString()) : new StringValues([.. values]));
    }

    /// <summary>Leaves headers out of what goes on.</summary>
    public static void Remove(HttpHeaders? headers, HashSet<string> names)
    {
        // The platform takes neither a name that is no token nor one of the other kind of headers: only what is there is removed.
        foreach (string name in headers is null ? [] : headers.NonValidated.Select(static header => header.Key).Where(names.Contains).ToArray())
            headers!.Remove(name);
    }

    /// <summary>Leaves headers out of what goes back.</summary>
    public static void Remove(IHeaderDictionary headers, HashSet<string> names)
    {
        foreach (string name in headers.Keys.Where(names.Contains).ToArray())
            headers.Remove(name);
    }

    private static bool IsUsual(ReadOnlySpan<char> option) =>
        option.Equals(KeepAlive, StringComparison.OrdinalIgnoreCase) || option.Equals(Close, StringComparison.OrdinalIgnoreCase) || option.Equals(Upgrade, StringComparison.OrdinalIgnoreCase);

    // Without them it would be another message, or none: whoever names them does not mean them.
    private static bool IsOfEveryMessage(ReadOnlySpan<char> name) =>
        name.Equals("host", StringComparison.OrdinalIgnoreCase) || name.Equals("content-length", StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// Where Kestrel finds exactly one option that it knows in a client's <c>Connection</c>, it keeps that option and loses the names beside it. So a value
    /// with names is read as one with no such option (without <c>keep-alive</c>, because HTTP/1.1 keeps connections anyway), or as one with two
    /// (with <c>keep-alive</c> added to <c>close</c> or <c>upgrade</c>, where it has no effect).
    /// </summary>
    private sealed class NamesKept : Encoding
    {
        private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

        public override int GetCharCount(byte[] bytes, int index, int count) => Read(bytes.AsSpan(index, count)).Length;

        public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex)
        {
            string value = Read(bytes.AsSpan(byteIndex, byteCount));
            value.CopyTo(chars.AsSpan(charIndex));
            return value.Length;
        }

        public override int GetMaxCharCount(int byteCount) => byteCount + KeepAlive.Length + 2;

        public override int GetByteCount(char[] chars, int index, int count) => throw new NotSupportedException("Clients' headers are only read.");

        public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) => throw new NotSupportedException("Clients' headers are only read.");

        public override int GetMaxByteCount(int charCount) => throw new NotSupportedException("Clients' headers are only read.");

        private static string Read(ReadOnlySpan<byte> bytes)
        {
            string value = s_utf8.GetString(bytes);
            if (Names(new StringValues(value)) is null)
                return value;
            string[] options = value.Split(',', StringSplitOptions.TrimEntries);
            string others = string.Join(',', options.Where(static option => !option.Equals(KeepAlive, StringComparison.OrdinalIgnoreCase)));
            return options.Any(static option => option.Equals(Close, StringComparison.OrdinalIgnoreCase) || option.Equals(Upgrade, StringComparison.OrdinalIgnoreCase)) ? $"{others},{KeepAlive}" : others;
        }
    }
}
