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
    private string? _host;
    private string? _appId;
    private Uri? _address;
    private (string Prefix, PathString Path, QueryString Query) _addressOf;

    public DefaultHttpContext Http { get; } = new();

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
        proxyRequest.RequestUri = AddressOf((destinationPrefix, request.Path, request.QueryString));
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

    private Uri AddressOf((string Prefix, PathString Path, QueryString Query) wanted)
    {
        if (_address is not null && wanted.Prefix == _addressOf.Prefix && wanted.Path.Value == _addressOf.Path.Value && wanted.Query.Value == _addressOf.Query.Value)
            return _address;
        Uri address = RequestUtilities.MakeDestinationAddress(wanted.Prefix, wanted.Path, wanted.Query);
        (_address, _addressOf) = address.OriginalString.Length <= MaxKept ? (address, wanted) : default;
        return address;
    }
}
