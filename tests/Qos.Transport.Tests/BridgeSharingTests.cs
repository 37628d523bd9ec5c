using System.Collections.Concurrent;
using System.Net.Sockets;

namespace Qos.Transport.Tests;

/// <summary>Which loop a connection is on, when it goes to another one, and that nothing of it is lost on the way.</summary>
public sealed class BridgeSharingTests
{
    // A loop that looks for work while the test's clock moves counts the whole window as looking, so full is what is full without it as well.
    private const double AlwaysFull = 1.9;
    private static readonly TimeSpan s_window = TimeSpan.FromMilliseconds(50);

    private readonly FakeTime _time = new();
    private readonly ScriptedTimes[] _times = [new(), new(), new(), new()];
    private int _opened = -1;

    [Fact]
    public async Task One_loop_does_all_until_it_hardly_rests_and_the_others_rest_again()
    {
        await using BridgeRig rig = Rig();
        List<(Socket Client, Socket Target)> joined = await JoinAsync(rig, 8);
        Assert.Equal([8, 0, 0, 0], Open(rig));
        await RunAsync(rig, joined, [0.5, 0, 0, 0]);
        Assert.Equal([8, 0, 0, 0], Open(rig));

        // Full: half goes to a second loop, then a quarter to a third one.
        await RunAsync(rig, joined, [AlwaysFull, 0, 0, 0]);
        Assert.Equal([4, 4, 0, 0], Open(rig));
        await ExchangeAsync(joined);
        await RunAsync(rig, joined, [AlwaysFull, 0.3, 0, 0]);
        Assert.Equal([2, 4, 2, 0], Open(rig));
        await ExchangeAsync(joined);

        // A new connection stays with one of the loops that work.
        joined.AddRange(await JoinAsync(rig, 3));
        Assert.Equal(0, Open(rig)[3]);

        // Calm for a second: from the last one on they accept no more, and keep what they have.
        for (int i = 0; i < 60; i++)
            await RunAsync(rig, joined, [0.1, 0.1, 0.1, 0]);
        BridgeRig.Until(() => rig.Pump.Working.Length == 1, "one loop works");
        await ExchangeAsync(joined);
        int[] before = Open(rig);
        joined.AddRange(await JoinAsync(rig, 3));
        Assert.Equal([before[0] + 3, before[1], before[2], 0], Open(rig));
        await ExchangeAsync(joined);
        await CloseAsync(rig, joined);
    }

    [Fact]
    public async Task Beside_programs_that_keep_the_processors_busy_each_loop_gets_a_part()
    {
        await using BridgeRig rig = Rig();
        List<(Socket Client, Socket Target)> joined = await JoinAsync(rig, 6);
        // However long the second loop rested: it works for a second at least.
        _time.Advance(TimeSpan.FromHours(1));
        await ExchangeAsync(joined);
        await RunAsync(rig, joined, [0.05, 0, 0, 0], waited: 0.5);
        Assert.Equal([3, 3, 0, 0], Open(rig));
        await ExchangeAsync(joined);
        Assert.Equal(2, rig.Pump.Working.Length);
        await CloseAsync(rig, joined);
    }

    [Fact]
    public async Task A_loop_that_rests_again_before_it_began_to_accept_does_not_begin()
    {
        await using BridgeRig rig = Rig();
        await OnSecondLoopAsync(loop =>
        {
            // Another one sets it to work while it finds that there is little to do.
            Assert.Same(loop, rig.Pump.TryGrow());
            Assert.True(rig.Pump.TryRetire(loop));
        });
        await OnSecondLoopAsync(loop =>
        {
            Assert.False(loop.Listens, "it rests");

            // Twice before it gets to it.
            Assert.Same(loop, rig.Pump.TryGrow());
            Assert.True(rig.Pump.TryRetire(loop));
            Assert.Same(loop, rig.Pump.TryGrow());
        });
        await OnSecondLoopAsync(loop =>
        {
            Assert.True(loop.Listens, "it works");
        });

        async Task OnSecondLoopAsync(Action<PumpLoop> action)
        {
            var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            PumpLoop loop = rig.Pump.Loops[1];
            loop.Post(() =>
            {
                try
                {
                    action(loop);
                    done.SetResult();
                }
                catch (Exception e)
                {
                    done.SetException(e);
                }
            });
            await done.Task;
        }
    }

    [Fact]
    public async Task A_single_connection_stays_where_it_is()
    {
        await using BridgeRig rig = Rig();
        List<(Socket Client, Socket Target)> joined = await JoinAsync(rig, 1);
        await RunAsync(rig, joined, [AlwaysFull, 0, 0, 0], waited: 0.5);
        await ExchangeAsync(joined);
        Assert.Equal([1, 0, 0, 0], Open(rig));
        Assert.Equal(1, rig.Pump.Working.Length);
        await CloseAsync(rig, joined);
    }

    [Fact]
    public async Task Connections_in_bulk_go_to_loops_of_their_own()
    {
        await using BridgeRig rig = Rig();
        List<(Socket Client, Socket Target)> joined = await JoinAsync(rig, 4);
        using var stop = new CancellationTokenSource();
        Task[] flows = [.. joined.Take(2).Select(pair => FlowAsync(pair.Client, pair.Target, stop.Token))];
        try
        {
            BridgeRig.Until(
                () =>
                {
                    TimesOf(rig, 0).Add(ranMs: 30, waitedMs: 0, turns: 100);
                    _time.Advance(s_window);
                    return rig.Pump.Loops is [{ Bulk: 1 }, { Bulk: 1 }, ..];
                },
                "each of the two is on a loop of its own");
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(flows);
        }

        await ExchangeAsync([.. joined.Skip(2)]);
        await CloseAsync(rig, joined);
    }

    [Fact]
    public async Task Where_the_scheduler_says_nothing_all_loops_accept()
    {
        await using var rig = new BridgeRig(options: new BridgePumpOptions { Threads = 3, OpenTimes = () => null });
        Assert.Equal(3, rig.Pump.Working.Length);
        List<(Socket Client, Socket Target)> joined = await JoinAsync(rig, 12);
        Assert.All(Open(rig), open => Assert.InRange(open, 1, 10));
        await ExchangeAsync(joined);
        await CloseAsync(rig, joined);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Whatever_is_moved_meanwhile_bytes_and_ends_arrive(bool unix)
    {
        await using var rig = new BridgeRig(unix, new BridgeLimits { FairShare = 100_000, MaxPending = 2_000_000 }, new BridgePumpOptions { Threads = 3 });
        using var stop = new CancellationTokenSource();
        Task moving = Task.Run(() => MoveAroundAsync(rig.Pump, stop.Token));
        try
        {
            for (int seed = 1; seed <= 6; seed++)
                await Task.WhenAll(Enumerable.Range(0, 4).Select(i => PlayAsync(rig, (10 * seed) + i)));
        }
        finally
        {
            await stop.CancelAsync();
            await moving;
        }

        BridgeRig.Until(() => rig.Bridge.Counters is { Open: 0, Reset: 0 }, $"all closed, none reset: {rig.Bridge.Counters}");
        Assert.Equal([0, 0, 0], Open(rig));
        Assert.All(rig.Pump.Loops, loop => Assert.Equal(0, loop.Bulk));
        var held = new ConcurrentBag<long>();
        await rig.Pump.OnEveryLoopAsync(loop => held.Add(loop.Pending.Held));
        Assert.Equal([0, 0, 0], held);
    }

    [Fact]
    public async Task Connections_on_their_way_are_aborted_with_the_others()
    {
        for (int round = 0; round < 20; round++)
        {
            await using var rig = new BridgeRig(options: new BridgePumpOptions { Threads = 3 });
            List<(Socket Client, Socket Target)> joined = await JoinAsync(rig, 20);
            using var stop = new CancellationTokenSource();
            Task moving = Task.Run(() => MoveAroundAsync(rig.Pump, stop.Token));
            try
            {
                await rig.Bridge.StopAsync(TimeSpan.Zero).WaitAsync(BridgeRig.Patience);
            }
            finally
            {
                await stop.CancelAsync();
                await moving;
            }

            Assert.Equal(0, rig.Bridge.Counters.Open);
            joined.ForEach(pair => (pair.Client.LingerState, pair.Target.LingerState) = (new(true, 0), new(true, 0)));
            Close(joined);
        }
    }

    [Fact]
    public async Task A_loop_whose_events_come_soon_looks_before_it_sleeps_unless_others_want_the_processors()
    {
        var times = new ScriptedTimes();
        await using var rig = new BridgeRig(options: new BridgePumpOptions { Threads = 1, Time = _time, OpenTimes = () => times });
        List<(Socket Client, Socket Target)> joined = await JoinAsync(rig, 1);
        PumpLoop loop = rig.Pump.Loops[0];

        // The clock stands still, so every event came soon.
        for (int i = 0; i < 5; i++)
            await ExchangeAsync(joined);
        Assert.InRange(loop.Looked, 1, 20);
        times.Add(ranMs: 1, waitedMs: 25, turns: 10);
        _time.Advance(s_window);
        await ExchangeAsync(joined);
        long before = loop.Looked;
        for (int i = 0; i < 5; i++)
            await ExchangeAsync(joined);
        Assert.Equal(before, loop.Looked);
        await CloseAsync(rig, joined);
    }

    [Fact]
    public async Task A_loop_with_many_busy_connections_does_not_look()
    {
        await using var rig = new BridgeRig(options: new BridgePumpOptions { Threads = 1, Time = _time, OpenTimes = () => new ScriptedTimes() });
        List<(Socket Client, Socket Target)> joined = await JoinAsync(rig, 6);
        await SendRoundAsync();
        long before = rig.Pump.Loops[0].Looked;
        for (int i = 0; i < 20; i++)
            await SendRoundAsync();
        Assert.Equal(before, rig.Pump.Loops[0].Looked);
        await CloseAsync(rig, joined);

        async Task SendRoundAsync()
        {
            foreach ((Socket client, Socket target) in joined)
            {
                await BridgeRig.SendAllAsync(client, new byte[] { 1 });
                await BridgeRig.ReceiveAsync(target, 1);
            }
        }
    }

    [Fact]
    public async Task A_message_does_not_wait_for_all_that_move_much()
    {
        const int bulk = 20, size = 80_000;
        using var scratch = new Scratch();
        using var server = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        server.Bind(new UnixDomainSocketEndPoint(scratch.PathOf("t")));
        server.Listen(bulk);
        var times = new RoundTimes(_time);
        await using var pump = new BridgePump(new BridgePumpOptions { Threads = 1, Time = _time, OpenTimes = () => times });
        Bridge bridge = pump.Listen(new UnixDomainSocketEndPoint(scratch.PathOf("l")), server.LocalEndPoint!, "app");
        var joined = new List<(Socket Client, Socket Target)>();
        for (int i = 0; i <= bulk; i++)
        {
            var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await client.ConnectAsync(bridge.Listening).WaitAsync(BridgeRig.Patience);
            joined.Add((client, await server.AcceptAsync().WaitAsync(BridgeRig.Patience)));
        }

        // The pump's reads are large, because all is there before the first one.
        (Socket asking, Socket asked) = joined[bulk];
        await SendAsync();
        foreach ((_, Socket target) in joined.Take(bulk))
            await BridgeRig.ReceiveAsync(target, size);

        // All send at once, the one with a message last.
        long before = bridge.Counters.BytesToTarget;
        var moved = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        times.OnRound = () =>
        {
            if (asked.Available == 0)
                return;
            times.OnRound = null;
            moved.SetResult(bridge.Counters.BytesToTarget - before);
        };
        await SendAsync(() => asking.Send([1]));
        Assert.InRange(await moved.Task.WaitAsync(BridgeRig.Patience), 1, bulk * size / 4);
        foreach ((_, Socket target) in joined.Take(bulk))
            await BridgeRig.ReceiveAsync(target, size);
        Close(joined);

        async Task SendAsync(Action? last = null)
        {
            using var sent = new ManualResetEventSlim();
            Task held = await BridgeRig.HoldAsync(pump, sent);
            try
            {
                foreach ((Socket client, _) in joined.Take(bulk))
                    Assert.Equal(size, client.Send(new byte[size]));
                last?.Invoke();
                _time.Advance(s_window);
            }
            finally
            {
                sent.Set();
                await held;
            }
        }
    }

    private BridgeRig Rig() => new(options: new BridgePumpOptions
    {
        Threads = _times.Length,
        Time = _time,
        OpenTimes = () => _times[Interlocked.Increment(ref _opened)],
    });

    private static int[] Open(BridgeRig rig) => [.. rig.Pump.Loops.Select(loop => loop.Open)];

    private static async Task<List<(Socket Client, Socket Target)>> JoinAsync(BridgeRig rig, int count)
    {
        var joined = new List<(Socket Client, Socket Target)>();
        for (int i = 0; i < count; i++)
            joined.Add(await rig.JoinAsync());
        return joined;
    }

    // A window in which each loop worked so much and the first one waited, and bytes on each connection after it, so that each loop judges.
    private async Task RunAsync(BridgeRig rig, List<(Socket Client, Socket Target)> joined, double[] work, double waited = 0)
    {
        // Threads start in any order.
        for (int i = 0; i < work.Length; i++)
            TimesOf(rig, i).Add(work[i] * 50, i == 0 ? waited * 50 : 0, turns: 10);
        _time.Advance(s_window);
        await ExchangeAsync(joined);
    }

    private static ScriptedTimes TimesOf(BridgeRig rig, int loop) => (ScriptedTimes)rig.Pump.Loops[loop].Times!;

    private static async Task ExchangeAsync(List<(Socket Client, Socket Target)> joined)
    {
        foreach ((Socket client, Socket target) in joined)
        {
            await BridgeRig.SendAllAsync(client, new byte[] { 1, 2, 3 });
            Assert.Equal([1, 2, 3], await BridgeRig.ReceiveAsync(target, 3));
            await BridgeRig.SendAllAsync(target, new byte[] { 4, 5 });
            Assert.Equal([4, 5], await BridgeRig.ReceiveAsync(client, 2));
        }
    }

    private static async Task FlowAsync(Socket from, Socket to, CancellationToken stop)
    {
        byte[] sent = new byte[1024 * 1024];
        while (!stop.IsCancellationRequested)
            await Task.WhenAll(BridgeRig.SendAllAsync(from, sent), BridgeRig.ReceiveAsync(to, sent.Length));
    }

    private static async Task MoveAroundAsync(BridgePump pump, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await pump.OnEveryLoopAsync(loop => loop.Move(pump.Loops[(loop.Index + 1) % pump.Loops.Count], int.MaxValue, bulk: false));
            await Task.Yield();
        }
    }

    private static async Task PlayAsync(BridgeRig rig, int seed)
    {
        byte[] up = Pipes.Bytes(seed % 3 == 0 ? 20_000 : 4_000_000, seed), down = Pipes.Bytes(seed % 4 == 0 ? 300 : 3_000_000, -seed);
        using Socket client = await rig.DialAsync();
        using Socket target = await rig.Server.AcceptAsync().WaitAsync(BridgeRig.Patience);

        // The sockets of several plays at once may be paired otherwise, so each side says who it is.
        await BridgeRig.SendAllAsync(client, BitConverter.GetBytes(seed));
        int other = BitConverter.ToInt32(await BridgeRig.ReceiveAsync(target, 4));
        await BridgeRig.SendAllAsync(target, BitConverter.GetBytes(seed));
        int sender = BitConverter.ToInt32(await BridgeRig.ReceiveAsync(client, 4));
        Task<byte[]>[] got = [EndAsync(client, up), EndAsync(target, down)];
        await Task.WhenAll(got);
        byte[] expectedDown = Pipes.Bytes(sender % 4 == 0 ? 300 : 3_000_000, -sender), expectedUp = Pipes.Bytes(other % 3 == 0 ? 20_000 : 4_000_000, other);
        Assert.True((await got[0]).AsSpan().SequenceEqual(expectedDown), $"seed {seed}: the client got {(await got[0]).Length} bytes, {expectedDown.Length} were sent");
        Assert.True((await got[1]).AsSpan().SequenceEqual(expectedUp), $"seed {seed}: the target got {(await got[1]).Length} bytes, {expectedUp.Length} were sent");
    }

    private static async Task<byte[]> EndAsync(Socket socket, byte[] bytes)
    {
        Task<byte[]> reading = BridgeRig.ReceiveAllAsync(socket);
        await BridgeRig.SendAllAsync(socket, bytes);
        socket.Shutdown(SocketShutdown.Send);
        return await reading;
    }

    private static async Task CloseAsync(BridgeRig rig, List<(Socket Client, Socket Target)> joined)
    {
        Close(joined);
        BridgeRig.Until(() => rig.Bridge.Counters.Open == 0, "all closed");
        await Task.CompletedTask;
    }

    private static void Close(List<(Socket Client, Socket Target)> joined) => joined.ForEach(pair =>
    {
        pair.Client.Dispose();
        pair.Target.Dispose();
    });
}

/// <summary>Is read once in each round of the loop, because it moves the clock on.</summary>
internal sealed class RoundTimes(FakeTime time) : IThreadTimes
{
    internal Action? OnRound { get; set; }

    public ThreadTimes Read()
    {
        if (OnRound is { } action)
        {
            time.Advance(LoopLoad.Window);
            action();
        }

        return default;
    }
}
