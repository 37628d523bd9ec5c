using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Qos.Fleet.Api;
using Yarp.ReverseProxy.Forwarder;

namespace Qos.Control;

/// <summary>
/// Carries HTTP requests to ready replicas by the app's host name. A request is tried at another replica when it cannot have been done at the first: its
/// connection was refused, or it may be repeated by its method and its body was not read.
/// </summary>
internal sealed class IngressProxy : IDisposable
{
    private const int MaxTries = 4;
    private static readonly TimeSpan s_activity = TimeSpan.FromMinutes(10);
    private static readonly ForwarderRequestConfig s_http1 = new() { Version = HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact, ActivityTimeout = s_activity };
    private static readonly ForwarderRequestConfig s_http2 = new() { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, ActivityTimeout = s_activity };

    private readonly IHttpForwarder _forwarder;
    private readonly IngressTable _table;
    private readonly ControlMetrics _metrics;
    private readonly ConnectionLimits _limits;
    private readonly string _suffix;
    private readonly HttpMessageInvoker[] _clients;

    public IngressProxy(IHttpForwarder forwarder, IngressTable table, IngressLoops loops, ControlSettings settings, ControlMetrics metrics, ConnectionLimits limits)
    {
        (_forwarder, _table, _metrics, _limits) = (forwarder, table, metrics, limits);
        _suffix = "." + settings.Ingress.Domain;
        _clients = [.. Enumerable.Range(0, loops.Count).Select(index => Client(loops[index], loops, limits.Ingress))];
    }

    /// <summary>Carries one request.</summary>
    public async Task ForwardAsync(IngressRequest request)
    {
        long begin = Stopwatch.GetTimestamp();
        HttpContext context = request.Http;
        if (request.AppOf(_suffix) is not { } appId)
        {
            await ApiAnswers.RefuseAsync(context, new ApiException(ApiCode.NotFound, $"the host name is not app-ID{_suffix}")).ConfigureAwait(false);
            return;
        }

        if (!request.Fits)
        {
            _metrics.Request(served: false, begin);
            await ApiAnswers.RefuseAsync(context, RequestHeads.Refusal()).ConfigureAwait(false);
            return;
        }

        ForwarderRequestConfig config = context.Request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) == true ? s_http2 : s_http1;
        WatchedBody? body = null;
        if (context.Features[typeof(IHttpRequestBodyDetectionFeature)] is not IHttpRequestBodyDetectionFeature { CanHaveBody: false })
            context.Request.Body = body = new WatchedBody(context.Request.Body, context.Features);
        HttpMessageInvoker client = _clients[request.Loop.Index];
        List<IngressTable.Destination>? tried = null;
        int tries = 0;
        using Activity? trace = ControlMetrics.Source.HasListeners() ? Trace(context.Request.Headers)?.SetTag("qos.app", appId) : null;
        while (true)
        {
            IngressTable.Destination? destination = _table.Find(appId)?.Choose(tried, Environment.TickCount64);
            if (destination is null || destination.InFlight >= _limits.RequestsOfReplica)
            {
                _metrics.Request(served: false, begin);
                string why = destination is not null ? "the replicas of this app have as many requests as they may have" : tries == 0 ? "no replica of this app is ready" : "no replica of this app answers";
                await ApiAnswers.RefuseAsync(context, new ApiException(ApiCode.Unavailable, why)).ConfigureAwait(false);
                return;
            }

            tries++;
            ForwarderError error;
            destination.Begin();
            try
            {
                error = await _forwarder.SendAsync(context, destination.Prefix, client, config, request).ConfigureAwait(false);
            }
            finally
            {
                destination.End();
            }

            if (error == ForwarderError.None || !MayRepeat(context, error, body) || tries == MaxTries)
            {
                _metrics.Request(error == ForwarderError.None, begin);
                trace?.SetTag("qos.replica", destination.ReplicaId).SetTag("qos.tries", tries).SetTag("http.response.status_code", context.Response.StatusCode);
                return;
            }

            // A connection that broke may have been an idle one that the app closed just then: its replica is asked again when there is no better one.
            _metrics.Retry();
            destination.Suspect(Environment.TickCount64);
            if (!Has<IOException>(context))
                (tried ??= []).Add(destination);
            context.Response.Clear();
            context.Features.Set<IForwarderErrorFeature>(null);
        }
    }

    public void Dispose()
    {
        foreach (HttpMessageInvoker client in _clients)
            client.Dispose();
    }

    // One for each loop: a request stays on its client's.
    private static HttpMessageInvoker Client(IngressLoop loop, IngressLoops loops, int most) => new(new SocketsHttpHandler
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        UseCookies = false,
        EnableMultipleHttp2Connections = true,
        ActivityHeadersPropagator = null,

        // Kestrel reads a client's headers as UTF-8: they go on as they came.
        RequestHeaderEncodingSelector = static (_, _) => Encoding.UTF8,
        ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
        ConnectTimeout = TimeSpan.FromSeconds(2),
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(20),
        ConnectCallback = async (context, cancellationToken) => loops.Sockets < most
            ? new LoopStream(await LoopSocket.ConnectAsync(loop, new IPEndPoint(IPAddress.Parse(context.DnsEndPoint.Host), context.DnsEndPoint.Port), cancellationToken).ConfigureAwait(false))
            : throw new SocketException((int)SocketError.TooManyOpenSockets),
    });

    private static bool MayRepeat(HttpContext context, ForwarderError error, WatchedBody? body)
    {
        if (context.Response.HasStarted || context.RequestAborted.IsCancellationRequested || body?.WasRead == true)
            return false;
        if (error is not (ForwarderError.Request or ForwarderError.RequestTimedOut or ForwarderError.ResponseHeaders))
            return false;
        string method = context.Request.Method;
        bool isRepeatable = HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method) || HttpMethods.IsPut(method) || HttpMethods.IsDelete(method);
        return isRepeatable || Has<SocketException>(context, static e => e.SocketErrorCode == SocketError.ConnectionRefused);
    }

    // Whether that is why the request failed, or a reason of the reason.
    private static bool Has<T>(HttpContext context, Func<T, bool>? which = null)
        where T : Exception
    {
        for (Exception? e = context.Features.Get<IForwarderErrorFeature>()?.Exception; e is not null; e = e.InnerException)
        {
            if (e is T reason && which?.Invoke(reason) != false)
                return true;
        }

        return false;
    }

    // The client's own trace goes on here.
    private static Activity? Trace(IHeaderDictionary headers)
    {
        _ = ActivityContext.TryParse(headers.TraceParent, headers.TraceState, isRemote: true, out ActivityContext client);
        return ControlMetrics.Source.StartActivity("ingress", ActivityKind.Server, client);
    }
}
