using System.Collections.Concurrent;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;

namespace Qos.Fleet.Kubernetes.Tests;

/// <summary>An API server that is ill, late, or has had somebody delete what is ours.</summary>
public class IllServerTests
{
    [Fact]
    public async Task An_answer_to_an_own_write_that_comes_late_changes_nothing()
    {
        var changes = Channel.CreateUnbounded<(WatchChange, V1Service, TaskCompletionSource)>();
        await using Informer<V1Service, V1ServiceList, ServiceView> informer = Follow((_, token) => ReadAsync(changes.Reader, token));
        await informer.ReadyAsync(default);
        informer.Learn(Service("a", "11", "first"));
        Assert.Equal("first", informer.Known["a"].Target);
        await TellAsync(WatchChange.There, Service("a", "13", "third"));
        informer.Learn(Service("a", "12", "second"));
        Assert.Equal("third", informer.Known["a"].Target);

        await TellAsync(WatchChange.Gone, Service("a", "15", "third"));
        informer.Learn(Service("a", "14", "fourth"));
        Assert.Empty(informer.Known);
        await TellAsync(WatchChange.Bookmark, new V1Service { Metadata = new V1ObjectMeta { ResourceVersion = "20" } });
        informer.Learn(Service("a", "21", "again"));
        Assert.Equal("again", informer.Known["a"].Target);

        async Task TellAsync(WatchChange change, V1Service service)
        {
            var taken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await changes.Writer.WriteAsync((change, service, taken));
            await taken.Task;
        }
    }

    [Fact]
    public async Task An_answer_to_an_own_write_that_comes_while_a_list_is_taken_brings_nothing_back()
    {
        var watched = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int lists = 0;
        await using var informer = new Informer<V1Service, V1ServiceList, ServiceView>(
            "Services",
            (_, _) => Task.FromResult(++lists == 1
                ? new V1ServiceList { Metadata = new V1ListMeta { ResourceVersion = "5" }, Items = [Service("there", "4", "first")] }
                : new V1ServiceList { Metadata = new V1ListMeta { ResourceVersion = "15" }, Items = [] }),
            (_, token) =>
            {
                if (lists == 1)
                    throw new KubernetesException(new V1Status { Code = 410 });
                watched.TrySetResult();
                return ReadAsync(Channel.CreateUnbounded<(WatchChange, V1Service, TaskCompletionSource)>().Reader, token);
            },
            ServiceView.Of,
            TimeProvider.System,
            NullLogger.Instance);

        // Made at 10 and deleted before 15; its answer comes when the list without it has just arrived.
        informer.Changed += (_, _, now) =>
        {
            if (now is null)
                informer.Learn(Service("late", "10", "second"));
        };
        await informer.ReadyAsync(default);
        await watched.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        Assert.Empty(informer.Known);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_server_that_ends_each_watch_at_once_is_asked_less_and_less(bool isGone)
    {
        var clock = new PausedClock();
        int watches = 0;
        await using Informer<V1Service, V1ServiceList, ServiceView> informer = Follow(
            (_, token) =>
            {
                // The one that does not wait stops here.
                if (++watches > 100)
                    return ReadAsync(Channel.CreateUnbounded<(WatchChange, V1Service, TaskCompletionSource)>().Reader, token);
                return isGone ? throw new KubernetesException(new V1Status { Code = 410 }) : AsyncEnumerable.Empty<(WatchChange, V1Service)>();
            },
            clock);
        await informer.ReadyAsync(default);
        for (int i = 1; i <= 8; i++)
        {
            TimeSpan pause = await clock.NextAsync();
            Assert.Equal(i, watches);
            TimeSpan middle = TimeSpan.FromSeconds(Math.Min(15, 0.25 * Math.Pow(2, i - 1)));
            Assert.InRange(pause, middle * 0.79, middle * 1.21);
            clock.Go();
        }

        await clock.NextAsync();
    }

    [Fact]
    public async Task A_Lease_that_was_deleted_is_made_again_by_the_one_that_leads()
    {
        var server = new Leases();
        using var client = new k8s.Kubernetes(new KubernetesClientConfiguration { Host = "http://server.example" }, server);
        await using var election = new LeaseElection(client, "qos", "qos-control", "only", new HurriedClock());
        await election.WonAsync(default).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal("only", server.Holder);
        server.Delete();
        await server.Made.Task.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal("only", server.Holder);
    }

    private static Informer<V1Service, V1ServiceList, ServiceView> Follow(Func<string, CancellationToken, IAsyncEnumerable<(WatchChange, V1Service)>> watch, TimeProvider? time = null) => new(
        "Services",
        static (_, _) => Task.FromResult(new V1ServiceList { Metadata = new V1ListMeta { ResourceVersion = "10" }, Items = [] }),
        watch,
        ServiceView.Of,
        time ?? TimeProvider.System,
        NullLogger.Instance);

    private static V1Service Service(string name, string version, string target) => new()
    {
        Metadata = new V1ObjectMeta { Name = name, ResourceVersion = version },
        Spec = new V1ServiceSpec { Selector = new Dictionary<string, string> { [KubernetesNames.DeploymentLabel] = target } },
    };

    private static async IAsyncEnumerable<(WatchChange, V1Service)> ReadAsync(ChannelReader<(WatchChange, V1Service, TaskCompletionSource)> changes, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach ((WatchChange change, V1Service service, TaskCompletionSource taken) in changes.ReadAllAsync(cancellationToken))
        {
            yield return (change, service);
            taken.SetResult();
        }
    }

    /// <summary>Stands still, and tells of each wait.</summary>
    private sealed class PausedClock : TimeProvider
    {
        private readonly Channel<(TimeSpan Due, Action Go)> _waits = Channel.CreateUnbounded<(TimeSpan, Action)>();
        private Action _go = static () => { };

        public override long GetTimestamp() => 0;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _waits.Writer.TryWrite((dueTime, () => callback(state)));
            return new Nothing();
        }

        public async Task<TimeSpan> NextAsync()
        {
            (TimeSpan due, _go) = await _waits.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60));
            return due;
        }

        public void Go() => _go();

        private sealed class Nothing : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }

    /// <summary>Waits take a twentieth.</summary>
    private sealed class HurriedClock : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, dueTime > TimeSpan.Zero ? dueTime / 20 : dueTime, period);
    }

    /// <summary>What an API server does with one Lease.</summary>
    private sealed class Leases : DelegatingHandler
    {
        private readonly ConcurrentDictionary<int, JsonObject> _lease = new();
        private int _version;
        private bool _wasDeleted;

        public TaskCompletionSource Made { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string? Holder => _lease.TryGetValue(0, out JsonObject? lease) ? (string?)lease["spec"]!["holderIdentity"] : null;

        public void Delete()
        {
            _wasDeleted = true;
            _lease.Clear();
        }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            HttpResponseMessage answer = await TakeAsync(request, cancellationToken);
            answer.RequestMessage = request;
            return answer;
        }

        private async Task<HttpResponseMessage> TakeAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            bool isThere = _lease.TryGetValue(0, out JsonObject? lease);
            if (request.Method == HttpMethod.Get)
                return isThere ? Answer(lease!) : Refuse(HttpStatusCode.NotFound);
            var sent = (JsonObject)JsonNode.Parse(await request.Content!.ReadAsStringAsync(cancellationToken))!;
            if (request.Method == HttpMethod.Put && !isThere)
                return Refuse(HttpStatusCode.NotFound);
            if (request.Method == HttpMethod.Put && (string?)sent["metadata"]!["resourceVersion"] != (string?)lease!["metadata"]!["resourceVersion"])
                return Refuse(HttpStatusCode.Conflict);
            sent["metadata"]!["resourceVersion"] = $"{++_version}";
            _lease[0] = sent;
            if (request.Method == HttpMethod.Post && _wasDeleted)
                Made.TrySetResult();
            return Answer(sent);
        }

        private static HttpResponseMessage Answer(JsonObject lease) => new(HttpStatusCode.OK) { Content = new StringContent(lease.ToJsonString(), Encoding.UTF8, "application/json") };

        private static HttpResponseMessage Refuse(HttpStatusCode status) => new(status) { Content = new StringContent("""{"kind":"Status"}""", Encoding.UTF8, "application/json") };
    }
}
