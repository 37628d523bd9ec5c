using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Qos.EndToEnd.Local;

namespace Qos.EndToEnd.Fleet;

/// <summary>A registry with one image: a file at <c>/app/server</c>.</summary>
public sealed class ImageRegistry : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Task _serving;
    private readonly byte[] _layer;
    private readonly byte[] _manifest;

    /// <summary>Serves a file out of a one-layer image.</summary>
    public ImageRegistry(string file)
    {
        using var output = new MemoryStream();
        using (var gzip = new GZipStream(output, CompressionLevel.Fastest, leaveOpen: true))
        using (var tar = new TarWriter(gzip))
        using (FileStream content = File.OpenRead(file))
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "app/server") { DataStream = content });
        _layer = output.ToArray();
        string digest = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(_layer));
        _manifest = Encoding.UTF8.GetBytes($$"""{"schemaVersion":2,"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"{{digest}}","size":{{_layer.Length}}}]}""");
        Authority = $"127.0.0.1:{LocalNode.FreePort()}";
        _listener.Prefixes.Add($"http://{Authority}/");
        _listener.Start();
        _serving = ServeAsync();
    }

    /// <summary>Host and port.</summary>
    public string Authority { get; }

    /// <summary>The image.</summary>
    public string Image => Authority + "/team/app:1";

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _serving;
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                HttpListenerContext context = await _listener.GetContextAsync();
                byte[] body = context.Request.Url!.AbsolutePath.Contains("/manifests/", StringComparison.Ordinal) ? _manifest : _layer;
                context.Response.ContentLength64 = body.Length;
                await context.Response.OutputStream.WriteAsync(context.Request.HttpMethod == "HEAD" ? default : body.AsMemory());
                context.Response.Close();
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            // It was closed.
        }
    }
}
