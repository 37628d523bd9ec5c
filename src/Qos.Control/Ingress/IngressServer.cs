using System.Text;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace Qos.Control;

/// <summary>
/// The web server of the apps' traffic, apart from the API's: a request passes Kestrel and the proxy, and neither routes nor the hosting's traces, metrics
/// and log scopes, which cost more than a tenth of what the ingress does itself.
/// </summary>
internal sealed class IngressServer : IHostedService, IHttpApplication<IngressRequest>, IDisposable
{
    private readonly KestrelServer _server;
    private readonly IngressProxy _proxy;
    private readonly RequestHeads _heads;

    public IngressServer(IServiceProvider services, ControlSettings settings, LoopTransport transport, IngressProxy proxy, RequestHeads heads, ILoggerFactory logs)
    {
        (_proxy, _heads) = (proxy, heads);

        // An app's headers reach the client byte for byte, whatever they are encoded in.
        var kestrel = new KestrelServerOptions { ApplicationServices = services, RequestHeaderEncodingSelector = ConnectionOptions.EncodingOf, ResponseHeaderEncodingSelector = static _ => Encoding.Latin1 };
        kestrel.Limits.MaxRequestBodySize = settings.Ingress.MaxBody;
        ControlServer.Listen(kestrel, settings.Ingress.Listen, settings.Ingress.Certificate);
        _server = new KestrelServer(Options.Create(kestrel), transport, logs);
    }

    public Task StartAsync(CancellationToken cancellationToken) => _server.StartAsync(this, cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => _server.StopAsync(cancellationToken);

    public IngressRequest CreateContext(IFeatureCollection contextFeatures)
    {
        var kept = (IHostContextContainer<IngressRequest>)contextFeatures;
        IngressRequest request = kept.HostContext ??= new IngressRequest((IngressLoop)contextFeatures[typeof(IngressLoop)]!);
        request.Http.Initialize(contextFeatures);
        request.Fits = _heads.TryBegin(request.Http.Request, out int length);
        request.Length = length;
        return request;
    }

    public Task ProcessRequestAsync(IngressRequest context) => _proxy.ForwardAsync(context);

    public void DisposeContext(IngressRequest context, Exception? exception)
    {
        _heads.End(context.Http.Request, context.Length);
        context.Http.Uninitialize();
    }

    public void Dispose() => _server.Dispose();
}
