using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Hosting;
using Qos.Transport;

namespace Qos.Host.Tests;

/// <summary>The app is a web server on the socket where the enclave's half of a bridge would listen.</summary>
public sealed class AppCheckTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData(200, null)]
    [InlineData(204, null)]
    [InlineData(302, "http:3000/health answers 302")]
    [InlineData(503, "http:3000/health answers 503")]
    public async Task An_app_with_http_is_well_with_a_status_of_success(int status, string? problem)
    {
        await using WebApplication app = await AppAsync(HttpProtocols.Http1, context =>
        {
            context.Response.StatusCode = context.Request.Path == "/health" ? status : 500;
            return Task.CompletedTask;
        });
        Assert.Equal(problem, await AskAsync("http:3000/health"));
    }

    [Theory]
    [InlineData("0", 1, null)]
    [InlineData("0", 2, "grpc:3000/a.B is not SERVING")]
    [InlineData("5", 0, "grpc:3000/a.B answers with gRPC status 5")]
    public async Task An_app_with_grpc_is_well_when_it_serves(string status, byte serving, string? problem)
    {
        byte[]? asked = null;
        await using WebApplication app = await AppAsync(HttpProtocols.Http2, async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            asked = body.ToArray();
            Assert.Equal("/grpc.health.v1.Health/Check", context.Request.Path);
            context.Response.ContentType = "application/grpc";
            if (serving > 0)
                await context.Response.Body.WriteAsync(new byte[] { 0, 0, 0, 0, 2, 8, serving });
            context.Response.AppendTrailer("grpc-status", status);
        });
        Assert.Equal(problem, await AskAsync("grpc:3000/a.B"));
        Assert.Equal([0, 0, 0, 0, 5, 0x0a, 3, (byte)'a', (byte)'.', (byte)'B'], asked);
    }

    [Fact]
    public async Task An_app_that_does_not_listen_is_not_well() =>
        Assert.StartsWith("http:3000/health does not answer: ", await AskAsync("http:3000/health"), StringComparison.Ordinal);

    private async Task<string?> AskAsync(string check)
    {
        Assert.True(AppCheckTarget.TryParse(check, out AppCheckTarget? target));
        using var asker = new AppCheck(
            new HostSettings { Enclave = EnclaveAddress.Unix(_scratch.PathOf("s")), Listen = [new IPEndPoint(IPAddress.Loopback, 1)], AppCheck = target },
            TimeProvider.System);
        return await asker.AskAsync(default);
    }

    private async Task<WebApplication> AppAsync(HttpProtocols protocols, RequestDelegate answer)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
            kestrel.ListenUnixSocket(_scratch.PathOf("s.3000.appsock"), options => options.Protocols = protocols));
        WebApplication app = builder.Build();
        app.Run(answer);
        await app.StartAsync();
        return app;
    }
}
