using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Qos.Registry.Tests;

/// <summary>A registry on the loopback that holds what a test puts into it, and lies as the test says.</summary>
internal sealed class TestRegistry : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, byte[]> _manifests = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, byte[]> _blobs = new(StringComparer.Ordinal);

    private TestRegistry(WebApplication app) => _app = app;

    /// <summary>Where it listens.</summary>
    public string Host => new Uri(_app.Urls.First()).Authority;

    /// <summary>Answers instead of the registry; false to let it answer.</summary>
    public Func<HttpContext, Task<bool>>? Instead { get; set; }

    /// <summary>What was asked for, with the credentials that came along.</summary>
    public ConcurrentQueue<(string Path, string? Authorization)> Asked { get; } = [];

    public static async Task<TestRegistry> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        WebApplication app = builder.Build();
        var registry = new TestRegistry(app);
        app.Run(registry.AnswerAsync);
        await app.StartAsync();
        return registry;
    }

    public string Blob(byte[] bytes)
    {
        string digest = Layer.Digest(bytes);
        _blobs[digest] = bytes;
        return digest;
    }

    /// <summary>Keeps an image of layers under a tag, and gives its digest.</summary>
    public string Image(string tag, params byte[][] layers)
    {
        string list = string.Join(",", layers.Select(layer => $$"""{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"{{Blob(layer)}}","size":{{layer.Length}}}"""));
        return Manifest(tag, $$"""{"schemaVersion":2,"layers":[{{list}}]}""");
    }

    public string Manifest(string tag, string json)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(json);
        string digest = Layer.Digest(bytes);
        _manifests[tag] = _manifests[digest] = bytes;
        return digest;
    }

    /// <summary>Gives other bytes under a digest.</summary>
    public void Swap(string digest, byte[] bytes) => _blobs[digest] = bytes;

    public ImageReference Reference(string tag = "1") => ImageReference.Parse($"{Host}/team/app:{tag}");

    /// <summary>Takes a file out of an image.</summary>
    public async Task<string> TakeAsync(string path, string tag = "1", RegistryOptions? options = null, RegistryCredentials? credentials = null)
    {
        using var client = new RegistryClient(options);
        ResolvedImage image = await client.ResolveAsync(Reference(tag), credentials ?? RegistryCredentials.None);
        using var output = new MemoryStream();
        ExtractedFile file = await client.ExtractAsync(image, path, credentials ?? RegistryCredentials.None, output);
        Assert.Equal(output.Length, file.Length);
        Assert.Equal(System.Security.Cryptography.SHA256.HashData(output.ToArray()), file.Sha256);
        return Encoding.UTF8.GetString(output.ToArray());
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        string path = context.Request.Path.Value ?? "";
        Asked.Enqueue((path, context.Request.Headers.Authorization));
        if (Instead is { } instead && await instead(context))
            return;
        string[] parts = path.Split('/');
        byte[]? body = parts switch
        {
            ["", "v2", "team", "app", "manifests", var name] => _manifests.GetValueOrDefault(name),
            ["", "v2", "team", "app", "blobs", var digest] => _blobs.GetValueOrDefault(digest),
            _ => null,
        };
        if (body is null)
            context.Response.StatusCode = 404;
        else
            await context.Response.Body.WriteAsync(body);
    }
}
