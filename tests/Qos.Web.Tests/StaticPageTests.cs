using System.Net;
using System.Net.Http.Headers;
using Qos.Control.Tests;

namespace Qos.Web.Tests;

/// <summary>The pages as HTTP has them.</summary>
public class StaticPageTests
{
    [Fact]
    public async Task Pages_are_small_compressed_kept_by_tag_and_strict()
    {
        await using ControlService service = await ControlService.StartAsync();
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = service.Api };
        long first = 0;
        foreach (string path in (string[])["console/", "console/console.js", "console/console.css", "console/icon.svg"])
        {
            using HttpResponseMessage response = await SendAsync(http, HttpMethod.Get, path, "br");
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Equal("br", Assert.Single(response.Content.Headers.ContentEncoding));
            Assert.Contains("default-src 'none'; script-src 'self'", Assert.Single(response.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
            Assert.Equal("nosniff", Assert.Single(response.Headers.GetValues("X-Content-Type-Options")));
            byte[] body = await response.Content.ReadAsByteArrayAsync();
            first += body.Length;

            using var again = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { AcceptEncoding = { new StringWithQualityHeaderValue("br") }, IfNoneMatch = { response.Headers.ETag! } } };
            using HttpResponseMessage kept = await http.SendAsync(again);
            Assert.Equal(HttpStatusCode.NotModified, kept.StatusCode);

            using HttpResponseMessage head = await SendAsync(http, HttpMethod.Head, path, "br");
            Assert.Equal((HttpStatusCode.OK, body.Length, 0), (head.StatusCode, head.Content.Headers.ContentLength, (await head.Content.ReadAsByteArrayAsync()).Length));
        }

        // The budget of the first view; it takes 30 KB.
        Assert.InRange(first, 1, 150 * 1024);
    }

    [Theory]
    [InlineData("", HttpStatusCode.Found)]
    [InlineData("console", HttpStatusCode.Found)]
    [InlineData("verify", HttpStatusCode.Found)]
    [InlineData("console/../data/service.secret", HttpStatusCode.NotFound)]
    [InlineData("console/..%2f..%2fqos-control.json", HttpStatusCode.NotFound)]
    [InlineData("console/console.js/", HttpStatusCode.OK)]
    [InlineData("console/main.js", HttpStatusCode.NotFound)]
    public async Task A_path_names_a_page_or_nothing(string path, HttpStatusCode expected)
    {
        await using ControlService service = await ControlService.StartAsync();
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        using HttpResponseMessage response = await http.GetAsync(service.Api + path);
        Assert.Equal(expected, response.StatusCode);
        if (expected == HttpStatusCode.Found)
            Assert.DoesNotContain(':', response.Headers.Location!.OriginalString);
    }

    [Fact]
    public async Task The_file_for_a_disk_is_given_to_keep_and_never_run_here()
    {
        await using ControlService service = await ControlService.StartAsync();
        using var http = new HttpClient();
        using HttpResponseMessage response = await http.GetAsync(new Uri(service.Api, "verify/verify-offline.html"));
        Assert.Equal("attachment; filename=verify-offline.html", response.Content.Headers.ContentDisposition!.ToString());
        Assert.StartsWith("sandbox;", Assert.Single(response.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
    }

    private static Task<HttpResponseMessage> SendAsync(HttpClient http, HttpMethod method, string path, string encoding) =>
        http.SendAsync(new HttpRequestMessage(method, path) { Headers = { AcceptEncoding = { new StringWithQualityHeaderValue(encoding) } } });
}
