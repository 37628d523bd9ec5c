using System.Globalization;
using System.Net;
using System.Text;

namespace Qos.Sample.PolicyStore;

/// <summary>The table over HTTP. It checks nothing of what it keeps: the app inside does, when it reads.</summary>
public static class StoreServer
{
    private const int MaxRecord = 512 * 1024;

    /// <summary>A server that does not listen yet.</summary>
    public static WebApplication Build(RecordTable table, IPEndPoint listen)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = "/" });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(listen);
            kestrel.Limits.MaxRequestBodySize = MaxRecord;
        });
        builder.Services.AddRoutingCore();
        WebApplication server = builder.Build();
        server.MapGet("/records/{name}", (HttpContext http) =>
        {
            if (!long.TryParse(http.Request.Query["after"], NumberStyles.None, CultureInfo.InvariantCulture, out long after))
                return StatusAsync(http, StatusCodes.Status400BadRequest);
            var lines = new StringBuilder();
            foreach (byte[] record in table.Read(NameOf(http), after))
                lines.Append(Convert.ToHexStringLower(record)).Append('\n');
            return http.Response.WriteAsync(lines.ToString(), http.RequestAborted);
        });
        server.MapPut("/records/{name}/{sequence}", async (HttpContext http) =>
        {
            using MemoryStream body = new();
            await http.Request.Body.CopyToAsync(body, http.RequestAborted);
            await StatusAsync(
                http,
                !long.TryParse((string?)http.Request.RouteValues["sequence"], NumberStyles.None, CultureInfo.InvariantCulture, out long sequence) ? StatusCodes.Status400BadRequest
                : table.Append(NameOf(http), sequence, body.ToArray()) ? StatusCodes.Status201Created
                : StatusCodes.Status409Conflict);
        });
        return server;
    }

    private static string NameOf(HttpContext http) => (string)http.Request.RouteValues["name"]!;

    private static Task StatusAsync(HttpContext http, int status)
    {
        http.Response.StatusCode = status;
        return Task.CompletedTask;
    }
}
