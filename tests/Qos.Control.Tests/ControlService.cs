using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Qos.Fleet;
using Qos.Fleet.Api;
using Qos.Fleet.Storage;
using Qos.Fleet.World;

namespace Qos.Control.Tests;

/// <summary>The service as it is, over HTTP on the loopback; only what runs are simulated nodes, and the registry holds one image.</summary>
internal sealed class ControlService : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly WebApplication _registry;
    private readonly string _folder;
    private readonly HttpClient _http = new();
    private bool _ownsWorld;

    private ControlService(WebApplication app, WebApplication registry, FleetWorld world, string folder, ApiKeyBody key, Uri api, Uri ingress)
    {
        (_app, _registry, World, _folder, Key, Api, Ingress) = (app, registry, world, folder, key, api, ingress);
        Ecdsa = ApiKeyFile.Open(key);
    }

    public FleetWorld World { get; }

    public ApiKeyBody Key { get; }

    public ECDsa Ecdsa { get; }

    public Uri Api { get; }

    public Uri Ingress { get; }

    public string Image => new Uri(_registry.Urls.First()).Authority + "/team/app:1";

    /// <summary>Where a foreign client has done what members do with their own keys.</summary>
    public string Helper => _registry.Urls.First() + "/helper";

    public static byte[] Pivot { get; } = "the executable"u8.ToArray();

    public static string PivotDigest => Convert.ToHexStringLower(SHA256.HashData(Pivot));

    public static async Task<ControlService> StartAsync(ServiceSetup? setup = null)
    {
        setup ??= new ServiceSetup();
        FleetWorld world = setup.World ?? await FleetWorld.OnSqliteAsync();
        string folder = Directory.CreateTempSubdirectory("qos-control-").FullName;
        ServiceKey.Make(folder);
        File.WriteAllLines(Path.Combine(folder, "release.pcrs"), FleetWorld.Pcrs.Where(static pcr => pcr.Key <= 3).Select(static pcr => $"{Convert.ToHexStringLower(pcr.Value)} PCR{pcr.Key}"));
        File.WriteAllText(Path.Combine(folder, "root.pem"), FleetWorld.Pki.RootPem);
        ApiKeyBody key = ApiKeyFile.Make(world.OrganizationId);
        await world.Database.AddKeyAsync(key.PublicKey, world.OrganizationId, Guid.NewGuid().ToString(), "tester", default);
        var settings = new ControlSettings
        {
            Listen = $"http://127.0.0.1:{FreePort()}",
            Database = "sqlite:unused",
            Data = folder,
            Root = Path.Combine(folder, "root.pem"),
            Images = [new ImageSettings { Version = "test", Pcrs = Path.Combine(folder, "release.pcrs") }],
            Runner = new RunnerSettings { Kind = "local", Folder = folder, Programs = folder, Pki = folder },
            Ingress = new IngressSettings { Listen = $"http://127.0.0.1:{FreePort()}" },
            RequestsPerSecond = 10_000,
        };
        settings = setup.Settings(settings);
        if (setup.Apps is { } apps)
            world.Runner.StartApp = apps;
        WebApplication app = ControlServer.Build(settings, world.Database, services =>
        {
            services.Replace(ServiceDescriptor.Singleton<IRunner>(world.Runner));
            services.Replace(setup.Apps is null ? ServiceDescriptor.Singleton<IFleetNodes>(world.Runner) : ServiceDescriptor.Singleton<IFleetNodes>(_ => new NodesWithApps(world.Runner)));
            services.Replace(ServiceDescriptor.Singleton<IPivotSource>(world));
            services.Replace(ServiceDescriptor.Singleton(setup.Fleet));
            services.Replace(ServiceDescriptor.Singleton(new EventHub { Heartbeat = setup.Heartbeat }));
            if (setup.Limits is { } limits)
                services.Replace(ServiceDescriptor.Singleton(limits));
            if (!setup.Reconciles)
                services.Remove(services.Single(static service => service.ImplementationType == typeof(FleetService)));
        });
        await app.StartAsync();
        return new ControlService(app, await StartRegistryAsync(), world, folder, key, new Uri(settings.Listen), new Uri(settings.Ingress.Listen)) { _ownsWorld = setup.World is null };
    }

    /// <summary>Tells all watchers of a change.</summary>
    public void Publish(FleetEvent change) => _app.Services.GetRequiredService<EventHub>().Publish(change);

    public ControlClient Client() => new(Api, Key.OrganizationId, ApiKeyFile.Open(Key));

    /// <summary>The service's parts.</summary>
    public IServiceProvider Services => _app.Services;

    /// <summary>The folder with the service's key.</summary>
    public string Data => _folder;

    /// <summary>The host name that the world's app is reached under.</summary>
    public string AppHost => $"app-{World.App.Id}.{_app.Services.GetRequiredService<ControlSettings>().Ingress.Domain}";

    /// <summary>Waits, with shares whenever they are asked for, until a deployment's replicas are ready.</summary>
    public async Task<IReadOnlyList<Replica>> ReadyAsync(Deployment deployment)
    {
        for (int i = 0; i < 600; i++)
        {
            Replica[] replicas = [.. (await World.ReplicasAsync()).Where(replica => replica.DeploymentId == deployment.Id)];
            if (replicas.Count(static replica => replica.State == ReplicaState.Ready) == deployment.Replicas)
                return replicas;
            await World.ProvisionAsync(0, 1);
            await Task.Delay(20);
        }

        throw new TimeoutException($"They are {string.Join(", ", (await World.ReplicasAsync()).Select(static replica => $"{replica.State} ({replica.Message})"))}.");
    }

    /// <summary>Makes a ready deployment the live one, and waits until the ingress sends there.</summary>
    public async Task PromoteAsync(Deployment deployment)
    {
        using ControlClient client = Client();
        await client.SubmitAsync("set_tvc_app_live_deployment", new DeploymentParameters { DeploymentId = deployment.Id }, ApiJson.Default.DeploymentParameters, ApiJson.Default.JsonElement);
        HashSet<string> ids = [.. (await World.ReplicasAsync()).Where(replica => replica.DeploymentId == deployment.Id).Select(static replica => replica.Id)];
        IngressTable table = _app.Services.GetRequiredService<IngressTable>();
        await Until.TrueAsync(() => table.Find(World.App.Id)?.Destinations.Any(destination => ids.Contains(destination.ReplicaId)) == true, "the ingress does not send to the promoted deployment");
    }

    /// <summary>Posts a body with a stamp.</summary>
    public Task<(HttpStatusCode Status, JsonNode Body)> PostAsync(string path, string body, string? stamp = null, bool unstamped = false) =>
        PostAsync(path, Encoding.UTF8.GetBytes(body), stamp, unstamped);

    /// <summary>Posts bytes with a stamp.</summary>
    public async Task<(HttpStatusCode Status, JsonNode Body)> PostAsync(string path, byte[] body, string? stamp = null, bool unstamped = false)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Api, path)) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        if (!unstamped)
            request.Headers.Add(ApiStamp.Header, stamp ?? ApiStamp.Make(body, Ecdsa));
        using HttpResponseMessage response = await _http.SendAsync(request);
        if (response.Content.Headers.ContentType?.ToString() is not "application/json" and var type)
            throw new InvalidDataException($"The answer's type is {type}.");
        return (response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!);
    }

    public string Submit(string type, string parameters, long? timestamp = null) =>
        $$"""{"type":"ACTIVITY_TYPE_{{type}}","timestampMs":"{{timestamp ?? DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()}}","organizationId":"{{World.OrganizationId}}","parameters":{{parameters}}}""";

    public Task<string> GetAsync(string path) => _http.GetStringAsync(new Uri(Api, path));

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        await _registry.DisposeAsync();
        if (_ownsWorld)
            await World.DisposeAsync();
        Ecdsa.Dispose();
        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task<WebApplication> StartRegistryAsync()
    {
        byte[] layer = Layer();
        string digest = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(layer));
        string manifest = $$"""{"schemaVersion":2,"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"{{digest}}","size":{{layer.Length}}}]}""";
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        WebApplication app = builder.Build();
        app.MapPost("/helper/sign/{person}", static async context => await context.Response.WriteAsync(
            Convert.ToHexStringLower(FleetWorld.SignHash(int.Parse((string)context.Request.RouteValues["person"]!, System.Globalization.CultureInfo.InvariantCulture), Convert.FromHexString(await TextAsync(context))))));
        app.MapPost("/helper/document-key", static async context => await context.Response.WriteAsync(
            Convert.ToHexStringLower(Nsm.AttestationDocument.Parse(Convert.FromBase64String(await TextAsync(context))).PublicKey!.Value.Span)));
        app.MapPost("/helper/app-proof", static async context => await context.Response.WriteAsync(FleetWorld.AppProof(await TextAsync(context))));
        app.MapFallback(context => context.Request.Path.Value!.Contains("/manifests/", StringComparison.Ordinal)
            ? context.Response.WriteAsync(manifest)
            : context.Response.Body.WriteAsync(layer).AsTask());
        await app.StartAsync();
        return app;
    }

    private static async Task<string> TextAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        return await reader.ReadToEndAsync();
    }

    private static byte[] Layer()
    {
        using var output = new MemoryStream();
        using (var gzip = new GZipStream(output, CompressionLevel.Fastest))
        using (var tar = new TarWriter(gzip))
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "app/server") { DataStream = new MemoryStream(Pivot) });
        return output.ToArray();
    }

    public static int FreePort()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }
}
