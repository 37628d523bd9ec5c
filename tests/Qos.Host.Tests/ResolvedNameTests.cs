using System.Net;
using System.Net.Sockets;
using Qos.Transport;

namespace Qos.Host.Tests;

public sealed class ResolvedNameTests
{
    private readonly FakeTime _time = new();
    private int _asked;

    [Fact]
    public async Task A_name_is_asked_for_again_when_its_answer_is_a_second_old()
    {
        IPAddress[] now = [IPAddress.IPv6Loopback, IPAddress.Loopback];
        ResolvedName name = Name(_ => Task.FromResult(now));
        Assert.Equal([new IPEndPoint(IPAddress.IPv6Loopback, 443), new IPEndPoint(IPAddress.Loopback, 443)], await name.FindAsync());
        now = [IPAddress.Parse("192.0.2.7")];
        _time.Advance(ResolvedName.Fresh - TimeSpan.FromMilliseconds(1));
        Assert.Equal(2, (await name.FindAsync()).Count);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal([new IPEndPoint(now[0], 443)], await name.FindAsync());
        Assert.Equal(2, _asked);
    }

    [Fact]
    public async Task Connections_that_come_together_share_a_question()
    {
        var answer = new TaskCompletionSource<IPAddress[]>();
        ResolvedName name = Name(_ => answer.Task);
        Task<IReadOnlyList<EndPoint>>[] all = [.. Enumerable.Range(0, 100).Select(_ => name.FindAsync().AsTask())];
        answer.SetResult([IPAddress.Loopback]);
        await Task.WhenAll(all);
        Assert.Equal(1, _asked);
    }

    [Fact]
    public async Task A_failure_is_not_remembered()
    {
        ResolvedName name = Name(_ => _asked == 1
            ? Task.FromException<IPAddress[]>(new SocketException((int)SocketError.HostNotFound))
            : Task.FromResult<IPAddress[]>([IPAddress.Loopback]));
        TransportException e = await Assert.ThrowsAsync<TransportException>(() => name.FindAsync().AsTask());
        Assert.StartsWith("'svc.test' cannot be resolved", e.Message, StringComparison.Ordinal);
        Assert.Single(await name.FindAsync());
    }

    [Fact]
    public async Task A_resolver_that_does_not_answer_is_given_up()
    {
        ResolvedName name = Name(_ => new TaskCompletionSource<IPAddress[]>().Task);
        Task<IReadOnlyList<EndPoint>> asked = name.FindAsync().AsTask();
        _time.Advance(ResolvedName.Patience);
        await Assert.ThrowsAsync<TransportException>(() => asked);
    }

    [Theory]
    [InlineData(256)]
    [InlineData(4096)]
    public async Task A_name_that_is_none_is_an_error_of_its_connection_alone(int length)
    {
        var name = new ResolvedName(new string('a', length), 443, TimeProvider.System);
        TransportException e = await Assert.ThrowsAsync<TransportException>(() => name.FindAsync().AsTask());
        Assert.InRange(e.Message.Length, 1, 300);
    }

    private ResolvedName Name(Func<string, Task<IPAddress[]>> resolve) => new("svc.test", 443, _time, asked =>
    {
        _asked++;
        return resolve(asked);
    });
}
