using System.Collections.Concurrent;
using System.Net;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Qos.Fleet;

namespace Qos.Control.Tests;

/// <summary>A real app for each replica, on a port of its own, as the host publishes one. Each answers with its replica's id.</summary>
internal sealed class ReplicaApps(HttpProtocols protocols = HttpProtocols.Http1) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, WebApplication> _apps = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Requests that are held until <see cref="Release"/>.</summary>
    public int Holding;

    public async Task<IPEndPoint> StartAsync(ReplicaLaunch launch)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, options => options.Protocols = protocols));
        builder.Services.AddGrpc();
        builder.Services.AddGrpcHealthChecks().AddCheck("app", static () => Microsoft.Extensions.Diagnostics.HealthChecks.HealthCheckResult.Healthy());
        WebApplication app = builder.Build();
        string id = launch.ReplicaId;
        app.UseWebSockets();
        app.MapGrpcHealthChecksService();
        app.MapGet("/health", static () => Results.Text("ok"));
        app.MapMethods("/who", ["GET", "POST", "PUT"], async (HttpContext context) =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            await context.Response.WriteAsync(id);
        });
        app.MapGet("/headers", (HttpContext context) => Results.Json(context.Request.Headers.ToDictionary(static h => h.Key, static h => h.Value.ToString())));
        app.MapGet("/hold", async () =>
        {
            Interlocked.Increment(ref Holding);
            await _held.Task;
            return Results.Text(id);
        });
        app.Map("/socket", (HttpContext context) => TalkAsync(context, id));
        await app.StartAsync();
        _apps[id] = app;
        return new IPEndPoint(IPAddress.Loopback, new Uri(app.Urls.First()).Port);
    }

    public void Release() => _held.TrySetResult();

    /// <summary>Ends a replica's app at once, its connections broken.</summary>
    public async Task KillAsync(string replicaId)
    {
        if (!_apps.TryRemove(replicaId, out WebApplication? app))
            return;
        await app.StopAsync(new CancellationToken(canceled: true));
        await app.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Release();
        await Task.WhenAll(_apps.Keys.Select(KillAsync));
    }

    private static async Task TalkAsync(HttpContext context, string id)
    {
        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
        await socket.SendAsync(System.Text.Encoding.UTF8.GetBytes(id), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        byte[] buffer = new byte[4096];
        while (true)
        {
            WebSocketReceiveResult message = await socket.ReceiveAsync(buffer, CancellationToken.None);
            if (message.MessageType == WebSocketMessageType.Close)
                break;
            await socket.SendAsync(buffer.AsMemory(0, message.Count), message.MessageType, message.EndOfMessage, CancellationToken.None);
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
    }
}
