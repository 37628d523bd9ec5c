using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Qos.Fleet.Api;

namespace Qos.Control;

/// <summary>
/// The targets and headers of requests under way, at the ingress and at the API together. Over HTTP/2 the headers' compression makes 32 KiB of a few bytes
/// in each of a hundred streams of a connection, and an app that answers slowly has them all held: those that are long have an end together. When a
/// request is over, nothing of it is kept for the next one.
/// </summary>
/// <param name="most">Characters of all long ones. Held, each takes about four bytes: two for the text, and up to two where it is sent on.</param>
internal sealed class RequestHeads(long most)
{
    /// <summary>Characters of a head that is not long: the number of requests bounds them.</summary>
    public const int Short = 4096;

    private const long Most = 64 * 1024 * 1024;
    private long _taken;

    /// <summary>A budget of a sixteenth of the memory that the process may use, and of no more than 256 MiB.</summary>
    public static RequestHeads OfProcess() => new(Math.Min(Most, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 64));

    /// <summary>Characters of long heads that are held.</summary>
    public long Taken => Volatile.Read(ref _taken);

    /// <summary>Counts a request in. <see cref="End"/> must be called with the length, whatever is returned.</summary>
    /// <param name="request">The request.</param>
    /// <param name="length">How many characters its head has.</param>
    /// <returns>False when it is long and there is no room for it.</returns>
    public bool TryBegin(HttpRequest request, out int length)
    {
        length = request.Path.Value?.Length ?? 0;
        length += request.QueryString.Value?.Length ?? 0;
        foreach ((string name, StringValues values) in request.Headers)
        {
            length += name.Length;
            foreach (string? value in values)
                length += value?.Length ?? 0;
        }

        return length <= Short || Interlocked.Add(ref _taken, length) <= most;
    }

    /// <summary>What a request is told for which there is no room.</summary>
    public static ApiException Refusal() => new(ApiCode.Unavailable, $"there are too many requests with long headers; one whose path and headers have at most {Short} characters is taken");

    /// <summary>
    /// Counts a request out, and lets go of what it was asked. Kestrel keeps a connection's headers, and of HTTP/2 up to a hundred streams with all of theirs, for
    /// the next requests. Short ones of HTTP/1.1 stay: they are used again.
    /// </summary>
    public void End(HttpRequest request, int length)
    {
        if (length > Short)
            Interlocked.Add(ref _taken, -length);
        bool isStream = HttpProtocol.IsHttp2(request.Protocol);
        ReleaseTrailers(request.HttpContext.Features);
        if (length <= Short && !isStream)
            return;
        foreach (string name in request.Headers.Keys.ToArray())
            request.Headers.Remove(name);
        if (isStream && request.HttpContext.Features.Get<IHttpRequestFeature>() is { } line)
            (line.RawTarget, line.Path, line.QueryString) = ("", "", "");
    }

    /// <summary>Lets go of a request's trailers, which nobody reads, once its body has ended.</summary>
    public static void ReleaseTrailers(IFeatureCollection features)
    {
        if (features.Get<IHttpRequestTrailersFeature>() is { Available: true, Trailers: { Count: > 0, IsReadOnly: false } trailers })
            trailers.Clear();
    }
}
