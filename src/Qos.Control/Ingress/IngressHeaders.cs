using Yarp.ReverseProxy.Forwarder;

namespace Qos.Control;

/// <summary>The request as it reaches the app: its own host name, and where it came from, which the client cannot set itself.</summary>
internal sealed class IngressHeaders : HttpTransformer
{
    public static IngressHeaders Instance { get; } = new();

    public override async ValueTask TransformRequestAsync(HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken).ConfigureAwait(false);
        List<string>? theirs = null;
        foreach ((string name, _) in proxyRequest.Headers.NonValidated)
        {
            if (SaysWhereFrom(name))
                (theirs ??= []).Add(name);
        }

        foreach (string name in theirs ?? [])
            proxyRequest.Headers.Remove(name);
        proxyRequest.Headers.TryAddWithoutValidation("X-Forwarded-For", httpContext.Connection.RemoteIpAddress?.ToString());
        proxyRequest.Headers.TryAddWithoutValidation("X-Forwarded-Proto", httpContext.Request.Scheme);
        proxyRequest.Headers.TryAddWithoutValidation("X-Forwarded-Host", httpContext.Request.Host.Value);
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
}
