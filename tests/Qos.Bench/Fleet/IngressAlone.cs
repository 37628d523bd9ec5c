using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Qos.Control;
using Qos.Fleet;
using Qos.Fleet.Storage;

namespace Qos.Bench.Fleet;

/// <summary>The control service's ingress in a process of its own, before one upstream.</summary>
internal static class IngressAlone
{
    private const string AppId = "bench";

    public static async Task<int> RunAsync(string listen, string upstream)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var settings = new ControlSettings
        {
            Listen = "http://127.0.0.1:1",
            Database = "",
            Data = "",
            Images = [],
            Runner = new RunnerSettings { Kind = "local", Folder = "", Programs = "" },
            Ingress = new IngressSettings { Listen = $"http://127.0.0.1:{listen}" },
        };
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(ControlServer.ListenAddress(settings.Ingress.Listen)));
        builder.Services.AddSingleton(settings);
        ControlServer.AddIngress(builder.Services);
        ControlServer.AddTelemetry(builder.Services, settings);
        WebApplication app = builder.Build();
        app.Services.GetRequiredService<IngressTable>().Replace([new IngressRoute(AppId, IngressKind.Http, null, "replica", "127.0.0.1:" + int.Parse(upstream, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture))]);
        IngressProxy proxy = app.Services.GetRequiredService<IngressProxy>();
        app.Run(context =>
        {
            // What asks in a measurement names no app.
            context.Request.Host = new HostString($"app-{AppId}.localhost");
            return proxy.ForwardAsync(context);
        });
        await app.RunAsync();
        return 0;
    }
}
