using System.Buffers;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;

namespace Qos.Control;

/// <summary>
/// A request to an app on its way through the ingress: at the app it has its own host name, and says where it came from, which the client cannot set itself.
/// A connection has one for all its requests (over HTTP/2 some), because a client mostly asks the same app for the same again.
/// </summary>
internal sealed class IngressRequest(IngressLoop loop) : HttpTransformer
{
    // What is longer is not kept for the next request: a connection that waits holds little memory.
    private const int MaxKept = 256;

    // RFC 3986, 3.3 and 3.4: what a path and a query are written with.
    private static readonly SearchValues<char> s_target = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/?%");
    private static readonly UriCreationOptions s_asItIs = new() { DangerousDisablePathAndQueryCanonicalization = true };
    private string? _host;
    private string? _appId;
    private Uri? _address;
    private (string Prefix, string Target) _addressOf;

    public DefaultHttpContext Http { get; } = new();

    /// <summary>How many characters its target and headers have.</summary>
    public int Length { get; set; }

    /// <summary>Whether there is room for these.</summary>
    public bool Fits { get; set; }

    /// <summary>Where its client's connection is.</summary>
    public IngressLoop Loop => loop;

    /// <summary>The app that the host name means; null when it means none.</summary>
    /// <param name="suffix">What follows <c>app-ID</c> in a host name.</param>
    public string? AppOf(string suffix)
    {
        string host = Http.Request.Host.Host;
        if (host == _host)
            return _appId;
        bool isApp = host.Length <= MaxKept && host.Length > 4 + suffix.Length
            && host.StartsWith("app-", StringComparison.OrdinalIgnoreCase) && host.EndsWith(suffix, StringComparison.OrdinalIgnoreCase);
        (_host, _appId) = isApp ? (host, host[4..^suffix.Length].ToLowerInvariant()) : (null, null);
        return _appId;
    }

    public override async ValueTask TransformRequestAsync(HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken).ConfigureAwait(false);
        HttpRequest request = httpContext.Request;
        if (ConnectionOptions.Names(request.Headers.Connection) is { } named)
        {
            ConnectionOptions.Remove(proxyRequest.Headers, named);
            ConnectionOptions.Remove(proxyRequest.Content?.Headers, named);
        }

        // What the ingress says itself is said after that: a client cannot take it away.
        List<string>? theirs = null;
        foreach ((string name, _) in proxyRequest.Headers.NonValidated)
        {
            if (SaysWhereFrom(name))
                (theirs ??= []).Add(name);
        }

        foreach (string name in theirs ?? [])
            proxyRequest.Headers.Remove(name);
        proxyRequest.Headers.TryAddWithoutValidation("X-Forwarded-For", httpContext.Connection.RemoteIpAddress?.ToString());
        proxyRequest.Headers.TryAddWithoutValidation("X-Forwarded-Proto", request.Scheme);
        proxyRequest.Headers.TryAddWithoutValidation("X-Forwarded-Host", request.Host.Value);
        proxyRequest.RequestUri = AddressOf((destinationPrefix, httpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget), request);
    }

    public override async ValueTask<bool> TransformResponseAsync(HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        bool isPassedOn = await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken).ConfigureAwait(false);
        if (proxyResponse is not null && ConnectionOptions.Names(proxyResponse.Headers) is { } named)
            ConnectionOptions.Remove(httpContext.Response.Headers, named);
        return isPassedOn;
    }

    public override async ValueTask TransformResponseTrailersAsync(HttpContext httpContext, HttpResponseMessage proxyResponse, CancellationToken cancellationToken)
    {
        await base.TransformResponseTrailersAsync(httpContext, proxyResponse, cancellationToken).ConfigureAwait(false);
        if (ConnectionOptions.Names(proxyResponse.Headers) is { } named && httpContext.Features.Get<IHttpResponseTrailersFeature>()?.Trailers is { IsReadOnly: false } trailers)
            ConnectionOptions.Remove(trailers, named);
    }

    // Also as apps behind CGI and WSGI spell it, to which X_Forwarded_For is X-Forwarded-For.
    private static bool SaysWhereFrom(string name)
    {
        if (name.Length < 9)
            return false;
        string plain = name.Contains('_', StringComparison.Ordinal) ? name.Replace('_', '-') : name;
        return plain.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase)
            || plain.Equals("X-Real-IP", StringComparison.OrdinalIgnoreCase)
            || plain.Equals("Forwarded", StringComparison.OrdinalIgnoreCase);
    }

    private Uri AddressOf((string Prefix, string Target) wanted, HttpRequest request)
    {
        if (_address is not null && wanted == _addressOf)
            return _address;

        // As the client wrote it: decoded and encoded again, %2F would be %252F and %2B a plus. Where it is odd, it is what the server understood.
        Uri address = IsPlain(wanted.Target)
            ? new Uri(string.Concat(wanted.Prefix, wanted.Target.AsSpan(1)), s_asItIs)
            : RequestUtilities.MakeDestinationAddress(wanted.Prefix, request.Path, request.QueryString);
        (_address, _addressOf) = address.OriginalString.Length <= MaxKept ? (address, wanted) : default;
        return address;
    }

    private static bool IsPlain(string target)
    {
        if (target is not ['/', ..] || target.AsSpan().ContainsAnyExcept(s_target))
            return false;
        ReadOnlySpan<char> path = target.AsSpan(0, target.IndexOf('?', StringComparison.Ordinal) is >= 0 and var query ? query : target.Length);
        return !path.Contains("/.", StringComparison.Ordinal) && !path.Contains("%2E", StringComparison.OrdinalIgnoreCase);
    }
}
