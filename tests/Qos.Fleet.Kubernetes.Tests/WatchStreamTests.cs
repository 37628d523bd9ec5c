using System.Net;
using System.Text;
using k8s;
using k8s.Autorest;
using k8s.Models;
using Qos.Runtime.Tests;

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

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_watch_that_the_server_does_not_end_is_ended_a_minute_after_its_time(bool isAnswered)
    {
        var clock = new ManualTime();
        var silent = new Silent(isAnswered);
        Task reading = ReadAsync(silent, [], clock, TestContext.Current.CancellationToken);
        await silent.Waits.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        clock.Advance(TimeSpan.FromSeconds(660) - TimeSpan.FromTicks(1));
        Assert.False(silent.Ended.Task.IsCompleted);
        clock.Advance(TimeSpan.FromTicks(1));
        TimeoutException late = await Assert.ThrowsAsync<TimeoutException>(() => reading);
        Assert.Equal("the API server did not end a watch of 600 s within 660 s", late.Message);
        Assert.True(silent.Ended.Task.IsCompleted);
    }

    [Fact]
    public async Task A_watch_that_is_called_off_is_no_late_one()
    {
        using var end = new CancellationTokenSource();
        var silent = new Silent(isAnswered: true);
        Task reading = ReadAsync(silent, [], new ManualTime(), end.Token);
        await silent.Waits.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
    }

    [Fact]
    public async Task A_server_that_takes_a_request_and_never_answers_is_one_that_cannot_be_reached()
    {
        using var client = new k8s.Kubernetes(new KubernetesClientConfiguration { Host = "http://server.example", HttpClientTimeout = TimeSpan.FromMilliseconds(1) }, new Silent(isAnswered: false));
        Exception late = await Assert.ThrowsAnyAsync<Exception>(() => client.CoreV1.ListNamespacedPodAsync("qos", cancellationToken: TestContext.Current.CancellationToken));
        Assert.True(KubernetesErrors.IsApi(late, TestContext.Current.CancellationToken), late.ToString());
        Assert.False(KubernetesErrors.IsApi(late, new CancellationToken(canceled: true)));
        Assert.Equal("the API server does not answer in time", KubernetesErrors.Text(late));
    }

    private static Task ReadAsync(HttpStatusCode status, string text, List<string> seen) =>
        ReadAsync(new Answer(status, text), seen, TimeProvider.System, TestContext.Current.CancellationToken);

    private static async Task ReadAsync(DelegatingHandler server, List<string> seen, TimeProvider time, CancellationToken cancellationToken)
    {
        using var client = new k8s.Kubernetes(new KubernetesClientConfiguration { Host = "http://server.example" }, server);
        await foreach ((WatchChange change, V1Service item) in WatchStream.ReadAsync(
            client, "api/v1/namespaces/qos/services", "a=b", "0", static item => KubernetesJson.Deserialize<V1Service>(item), time, cancellationToken))
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

    // A server that is gone without a word: before its answer, or in the middle of it.
    private sealed class Silent(bool isAnswered) : DelegatingHandler
    {
        public TaskCompletionSource Waits { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Ended { get; } = new();

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (!isAnswered)
                await WaitAsync(cancellationToken);
            return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(new Body(this)) };
        }

        private async Task WaitAsync(CancellationToken cancellationToken)
        {
            Waits.TrySetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Ended.TrySetResult();
            cancellationToken.ThrowIfCancellationRequested();
        }

        private sealed class Body(Silent server) : MemoryStream
        {
            public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
            {
                await server.WaitAsync(cancellationToken);
                return 0;
            }
        }
    }
}
