using System.IO.Compression;
using System.Reflection;
using System.Security.Cryptography;
using Microsoft.Extensions.Primitives;

namespace Qos.Control;

/// <summary>
/// The console, the proof page and the badge, out of this program's own resources: each file is a route, so no request reaches a file system. The pages
/// hold nothing of anybody: what they show they ask for with the visitor's key.
/// </summary>
internal static class WebPages
{
    private const string Prefix = "web/";
    private const string Home = "console/";

    // No script but the page's own file, and no text that becomes markup: the browser refuses what a mistake in a page would let in.
    private const string Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

    public static void Map(IEndpointRouteBuilder routes)
    {
        Assembly assembly = typeof(WebPages).Assembly;
        foreach (string name in assembly.GetManifestResourceNames().Where(static name => name.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            string path = name[Prefix.Length..];
            WebPage page = WebPage.Read(assembly.GetManifestResourceStream(name)!, path, PolicyOf(path));
            if (Path.GetFileName(path) == "index.html")
            {
                string folder = Path.GetDirectoryName(path)!;

                // The router takes both forms for one route; relative names in the page need the one with the slash.
                routes.MapMethods($"/{folder}/", s_methods, context => context.Request.Path.Value!.EndsWith('/') ? page.AnswerAsync(context) : RedirectAsync(context, folder + "/"));
            }
            else
            {
                routes.MapMethods("/" + path, s_methods, page.AnswerAsync);
            }
        }

        routes.MapMethods("/", s_methods, static context => RedirectAsync(context, Home));
    }

    private static readonly string[] s_methods = ["GET", "HEAD"];

    private static Task RedirectAsync(HttpContext context, string relative)
    {
        context.Response.StatusCode = StatusCodes.Status302Found;
        context.Response.Headers.Location = relative;
        return Task.CompletedTask;
    }

    private static string PolicyOf(string path) => path switch
    {
        // To be kept and opened from a disk: it carries a policy of its own, and is never run as a page of this service.
        "verify/verify-offline.html" => "sandbox; default-src 'none'",
        _ when path.StartsWith("badge/", StringComparison.Ordinal) => Policy + "; frame-ancestors *",
        _ => Policy + "; frame-ancestors 'none'",
    };
}

/// <summary>One file in memory, also compressed.</summary>
internal sealed class WebPage
{
    private readonly (string? Encoding, byte[] Body, string Tag)[] _forms;
    private readonly string _type;
    private readonly string _policy;
    private readonly string? _download;

    private WebPage(byte[] bytes, string path, string policy)
    {
        string tag = Convert.ToHexStringLower(SHA256.HashData(bytes))[..32];
        _forms =
        [
            ("br", Compressed(bytes, static output => new BrotliStream(output, CompressionLevel.SmallestSize)), $"\"{tag}-br\""),
            ("gzip", Compressed(bytes, static output => new GZipStream(output, CompressionLevel.SmallestSize)), $"\"{tag}-gz\""),
            (null, bytes, $"\"{tag}\""),
        ];
        _policy = policy;
        _download = path.EndsWith("-offline.html", StringComparison.Ordinal) ? Path.GetFileName(path) : null;
        _type = Path.GetExtension(path) switch
        {
            ".html" => "text/html; charset=utf-8",
            ".js" => "text/javascript; charset=utf-8",
            ".css" => "text/css; charset=utf-8",
            ".svg" => "image/svg+xml",
            _ => throw new InvalidOperationException($"{path} is of no kind that is served."),
        };
    }

    public static WebPage Read(Stream stream, string path, string policy)
    {
        using (stream)
        {
            byte[] bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return new WebPage(bytes, path, policy);
        }
    }

    public Task AnswerAsync(HttpContext context)
    {
        (string? encoding, byte[] body, string tag) = _forms.First(form => form.Encoding is null || Accepts(context.Request.Headers.AcceptEncoding, form.Encoding));
        HttpResponse response = context.Response;
        response.Headers.ContentSecurityPolicy = _policy;
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.Headers["Cross-Origin-Opener-Policy"] = "same-origin";
        response.Headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()";

        // Asked for anew each time, sent only when it changed: after an update no old page talks to a new service.
        response.Headers.CacheControl = "no-cache";
        response.Headers.Vary = "Accept-Encoding";
        response.Headers.ETag = tag;
        if (_download is not null)
            response.Headers.ContentDisposition = $"attachment; filename={_download}";
        if (context.Request.Headers.IfNoneMatch == tag)
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        response.ContentType = _type;
        response.ContentLength = body.Length;
        if (encoding is not null)
            response.Headers.ContentEncoding = encoding;
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }

    private static bool Accepts(StringValues accepted, string encoding) =>
        accepted.SelectMany(static value => (value ?? "").Split(',')).Any(item => item.Trim().Equals(encoding, StringComparison.OrdinalIgnoreCase));

    private static byte[] Compressed(byte[] bytes, Func<Stream, Stream> compressor)
    {
        using var output = new MemoryStream();
        using (Stream compressed = compressor(output))
            compressed.Write(bytes);
        return output.ToArray();
    }
}
