namespace Qos.Control;

/// <summary>
/// Lets go of a request's headers when it is over. Kestrel keeps up to a hundred streams of each connection of HTTP/2 for the next requests, with what they
/// were asked; the headers' compression makes 32 KiB of a few bytes, so that a hundred connections would hold half a gigabyte for little.
/// </summary>
internal static class SpentHeaders
{
    /// <summary>Lets go of them, over HTTP/2 alone: a connection of HTTP/1.1 keeps one request's, and uses the same texts again.</summary>
    public static void Release(HttpRequest request)
    {
        if (!HttpProtocol.IsHttp2(request.Protocol))
            return;
        foreach (string name in request.Headers.Keys.ToArray())
            request.Headers.Remove(name);
    }
}
