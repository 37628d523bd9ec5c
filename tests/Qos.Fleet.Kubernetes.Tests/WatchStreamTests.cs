using System.Net;
using System.Text;
using k8s;
using k8s.Autorest;
using k8s.Models;

namespace Qos.Fleet.Kubernetes.Tests;

/// <summary>What a watch makes of an API server's lines, good ones and odd ones.</summary>
public class WatchStreamTests
{
    [Fact]
    public async Task Changes_come_in_their_order_and_an_error_ends_them()
    {
        var seen = new List<string>();
        KubernetesException error = await Assert.ThrowsAsync<KubernetesException>(() => ReadAsync(
            HttpStatusCode.OK,
            """
            {"type":"ADDED","object":{"metadata":{"name":"a","resourceVersion":"1"}}}
            {"type":"MODIFIED","object":{"metadata":{"name":"a","resourceVersion":"2"}}}
            {"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"3"}}}

            {"type":"DELETED","object":{"metadata":{"name":"a","resourceVersion":"4"}}}
            {"type":"ERROR","object":{"kind":"Status","code":410,"message":"too old resource version"}}
            {"type":"ADDED","object":{"metadata":{"name":"b","resourceVersion":"5"}}}

            """,
            seen));
        Assert.Equal(410, error.Status.Code);
        Assert.Equal(["There a 1", "There a 2", "Bookmark  3", "Gone a 4"], seen);
    }

    [Fact]
    public async Task What_is_left_of_a_line_when_the_server_ends_is_not_taken_for_an_object()
    {
        var seen = new List<string>();
        await ReadAsync(HttpStatusCode.OK, "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"1\"}}}\n{\"type\":\"ADDED\"", seen);
        Assert.Equal(["There a 1"], seen);
    }

    [Fact]
    public async Task A_refusal_is_told_with_its_text()
    {
        HttpOperationException refusal = await Assert.ThrowsAsync<HttpOperationException>(() => ReadAsync(HttpStatusCode.Forbidden, """{"kind":"Status","code":403,"message":"no"}""", []));
        Assert.Equal("403 no", KubernetesErrors.Text(refusal));
    }

    [Fact]
    public Task A_line_without_end_is_not_held() =>
        Assert.ThrowsAsync<InvalidDataException>(() => ReadAsync(HttpStatusCode.OK, new string('x', 9 << 20), []));

    private static async Task ReadAsync(HttpStatusCode status, string text, List<string> seen)
    {
        using var client = new k8s.Kubernetes(new KubernetesClientConfiguration { Host = "http://server.example" }, new Answer(status, text));
        await foreach ((WatchChange change, V1Service item) in WatchStream.ReadAsync(
            client, "api/v1/namespaces/qos/services", "a=b", "0", static item => KubernetesJson.Deserialize<V1Service>(item), TestContext.Current.CancellationToken))
            seen.Add($"{change} {item.Metadata.Name} {item.Metadata.ResourceVersion}");
    }

    private sealed class Answer(HttpStatusCode status, string text) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Assert.Equal("/api/v1/namespaces/qos/services?watch=true&allowWatchBookmarks=true&timeoutSeconds=600&resourceVersion=0&labelSelector=a%3Db", request.RequestUri!.PathAndQuery);
            return Task.FromResult(new HttpResponseMessage(status) { Content = new StreamContent(new MemoryStream(Encoding.UTF8.GetBytes(text))) });
        }
    }
}
