using System.Text;

namespace Qos.Host;

/// <summary>
/// <c>/openapi.json</c>: the description of this API, written by hand beside the code; a test compares its paths with the
/// routes that are mapped. Format: docs/protocol/host.md, HTTP API.
/// </summary>
internal static class OpenApiEndpoint
{
    /// <summary>The base path that the document is written for.</summary>
    private const string DefaultBasePath = "\"/qos/";

    /// <summary>Maps the route.</summary>
    public static void Map(IEndpointRouteBuilder routes, string basePath)
    {
        using Stream resource = typeof(OpenApiEndpoint).Assembly.GetManifestResourceStream("openapi.json")!;
        using var reader = new StreamReader(resource);
        byte[] document = Encoding.UTF8.GetBytes(
            reader.ReadToEnd().Replace(DefaultBasePath, $"\"{basePath}/", StringComparison.Ordinal));
        routes.MapGet("/openapi.json", context =>
        {
            context.Response.ContentType = "application/json";
            context.Response.ContentLength = document.Length;
            return context.Response.Body.WriteAsync(document, context.RequestAborted).AsTask();
        });
    }
}
