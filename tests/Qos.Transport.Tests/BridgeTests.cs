using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Qos.Transport.Tests;

public sealed class BridgeTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Bulk_arrives_both_ways_at_once(bool unix)
    {
        await using var rig = new BridgeRig(unix);
        (Socket client, Socket target) = await rig.JoinAsync();
        byte[] up = Pipes.Bytes(20_000_000, 1), down = Pipes.Bytes(15_000_000, 2);

        Task sending = Task.WhenAll(SendAndEndAsync(client, up), SendAndEndAsync(target, down));
        byte[][] got = await Task.WhenAll(BridgeRig.ReceiveAllAsync(target), BridgeRig.ReceiveAllAsync(client));
        await sending;

        Assert.Equal(Convert.ToHexString(SHA256.HashData(up)), Convert.ToHexString(SHA256.HashData(got[0])));
        Assert.Equal(Convert.ToHexString(SHA256.HashData(down)), Convert.ToHexString(SHA256.HashData(got[1])));
        BridgeRig.Until(() => rig.Bridge.Counters.Open == 0, "both ends closed");
        Assert.Equal(new BridgeCounters(0, 1, 0, 0, up.Length, down.Length), rig.Bridge.Counters);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task A_half_close_passes_after_the_bytes_before_it_and_the_other_way_stays_open(bool unix, bool byTarget)
    {
        await using var rig = new BridgeRig(unix);
        (Socket client, Socket target) = await rig.JoinAsync();
        (Socket first, Socket second) = byTarget ? (target, client) : (client, target);
        byte[] question = Pipes.Bytes(3_000_000), answer = Pipes.Bytes(2_000_000, 3);

        Task asking = SendAndEndAsync(first, question);
        Assert.Equal(question, await BridgeRig.ReceiveAllAsync(second));
        await asking;
        Task answering = SendAndEndAsync(second, answer);
        Assert.Equal(answer, await BridgeRig.ReceiveAllAsync(first));
        await answering;
        BridgeRig.Until(() => rig.Bridge.Counters is { Open: 0, Reset: 0 }, "closed without a reset");
    }

    [Fact]
    public async Task What_follows_an_urgent_byte_is_passed_on_at_once()
    {
        await using var rig = new BridgeRig(options: new BridgePumpOptions { Threads = 1 });
        (Socket client, Socket target) = await rig.JoinAsync();
        using (var sent = new ManualResetEventSlim())
        {
            // All of it is there before the pump reads, so that its read ends at the urgent byte.
            Task held = await BridgeRig.HoldAsync(rig.Pump, sent);
            client.Send("abc"u8);
            client.Send("D"u8, SocketFlags.OutOfBand);
            client.Send("efg"u8);
            sent.Set();
            await held;
        }

        Assert.Equal("abcDefg"u8.ToArray(), await BridgeRig.ReceiveAsync(target, 7));
        client.Dispose();
        target.Dispose();
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public async Task An_urgent_byte_in_bulk_is_one_of_the_streams_and_not_its_end(bool unix, bool byTarget)
    {
        await using var rig = new BridgeRig(unix);
        (Socket client, Socket target) = await rig.JoinAsync();
        (Socket first, Socket second) = byTarget ? (target, client) : (client, target);
        byte[] before = Pipes.Bytes(6_000_000, 1), after = Pipes.Bytes(100_000, 2);
        Task sending = Task.Run(async () =>
        {
            await BridgeRig.SendAllAsync(first, before);
            first.Send([7], SocketFlags.OutOfBand);
            await SendAndEndAsync(first, after);
        });

        byte[] got = await BridgeRig.ReceiveAllAsync(second);
        await sending;
        Assert.Equal(before.Length + 1 + after.Length, got.Length);
        Assert.True(got.AsSpan().SequenceEqual((byte[])[.. before, 7, .. after]), "every byte in its place");
        Task answering = SendAndEndAsync(second, before);
        Assert.Equal(before.Length, (await BridgeRig.ReceiveAllAsync(first)).Length);
        await answering;
        BridgeRig.Until(() => rig.Bridge.Counters is { Open: 0, Reset: 0 }, "closed without a reset");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_answer_to_a_part_of_a_question_is_passed_on_before_the_reset(bool unix)
    {
        await using var rig = new BridgeRig(unix, options: new BridgePumpOptions { Threads = 1 });
        (Socket client, Socket target) = await rig.JoinAsync();
        byte[] answer = Pipes.Bytes(2000);
        await BridgeRig.SendAllAsync(client, new byte[100]);
        BridgeRig.Until(() => target.Available > 0, "the question begins");
        using (var answered = new ManualResetEventSlim())
        {
            // The pump learns of more of the question before it learns of the answer, which the target gives without having read.
            Task held = await BridgeRig.HoldAsync(rig.Pump, answered);
            await BridgeRig.SendAllAsync(client, new byte[100]);
            await BridgeRig.SendAllAsync(target, answer);
            target.Dispose();
            answered.Set();
            await held;
        }

        Assert.Equal(answer, await BridgeRig.ReceiveAsync(client, answer.Length));
        BridgeRig.Until(() => rig.Bridge.Counters is { Open: 0, Reset: 1, BytesFromTarget: 2000 }, "reset afterwards");
        client.Dispose();
    }

    [Fact]
    public async Task Small_messages_go_back_and_forth_on_many_connections()
    {
        await using var rig = new BridgeRig();
        Task echo = EchoAsync(rig.Server, 50);
        await Parallel.ForAsync(0, 50, async (i, _) =>
        {
            using Socket client = await rig.DialAsync();
            for (int round = 0; round < 40; round++)
            {
                byte[] message = Pipes.Bytes(1 + (i * 37 + round * 211) % 5000, i);
                await BridgeRig.SendAllAsync(client, message);
                Assert.Equal(message, await BridgeRig.ReceiveAsync(client, message.Length));
            }

            client.Shutdown(SocketShutdown.Send);
            Assert.Empty(await BridgeRig.ReceiveAllAsync(client));
        });
        await echo.WaitAsync(BridgeRig.Patience);
        BridgeRig.Until(() => rig.Bridge.Counters.Open == 0, "all closed");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Thousands_of_short_connections_leave_nothing_behind(bool unix)
    {
        await using var rig = new BridgeRig(unix);
        const int count = 3000;
        Task echo = EchoAsync(rig.Server, count);
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, _) =>
        {
            using Socket client = await rig.DialAsync();
            byte[] message = BitConverter.GetBytes(i);
            await BridgeRig.SendAllAsync(client, message);
            Assert.Equal(message, await BridgeRig.ReceiveAsync(client, 4));
        });
        await echo.WaitAsync(BridgeRig.Patience);
        BridgeRig.Until(() => rig.Bridge.Counters.Open == 0, "all closed");
        Assert.Equal(count, rig.Bridge.Counters.Accepted);
        Assert.Equal(0, rig.Bridge.Counters.Refused);
    }

    [Fact]
    public async Task A_receiver_that_stops_reading_stops_its_sender_and_gets_all_in_the_end()
    {
        await using var rig = new BridgeRig(unixTarget: true);
        (Socket client, Socket target) = await rig.JoinAsync();
        byte[] all = Pipes.Bytes(40_000_000);
        client.Blocking = false;
        int sent = 0;

        // Until the sender is stopped: the kernel's buffers and one read of the pump's, far less than all.
        BridgeRig.Until(() =>
        {
            long before = rig.Bridge.Counters.BytesToTarget;
            try
            {
                while (sent < all.Length)
                    sent += client.Send(all.AsSpan(sent, Math.Min(65536, all.Length - sent)));
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.WouldBlock)
            {
            }

            return sent > 0 && !client.Poll(200_000, SelectMode.SelectWrite) && rig.Bridge.Counters.BytesToTarget == before;
        }, "the sender is stopped");
        Assert.InRange(rig.Bridge.Counters.BytesToTarget, 1, 4 * 1024 * 1024);
        Assert.True(sent < 30_000_000, $"{sent} bytes were taken for a receiver that takes none");

        client.Blocking = true;
        Task rest = SendAndEndAsync(client, all.AsMemory(sent));
        Assert.Equal(all, await BridgeRig.ReceiveAllAsync(target));
        await rest;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_reset_by_one_end_reaches_the_other(bool byTarget)
    {
        await using var rig = new BridgeRig();
        (Socket client, Socket target) = await rig.JoinAsync();
        (Socket first, Socket second) = byTarget ? (target, client) : (client, target);
        await BridgeRig.SendAllAsync(first, new byte[10]);
        await BridgeRig.ReceiveAsync(second, 10);

        first.LingerState = new LingerOption(true, 0);
        first.Dispose();
        SocketException e = await Assert.ThrowsAsync<SocketException>(() => second.ReceiveAsync(new byte[1]).WaitAsync(BridgeRig.Patience));
        Assert.Equal(SocketError.ConnectionReset, e.SocketErrorCode);
        BridgeRig.Until(() => rig.Bridge.Counters is { Open: 0, Reset: 1 }, "counted as reset");
    }

    [Fact]
    public async Task An_end_that_vanishes_behind_a_unix_socket_ends_the_connection_though_its_peer_is_silent()
    {
        await using var rig = new BridgeRig(unixTarget: true);
        (Socket client, Socket target) = await rig.JoinAsync();
        await BridgeRig.SendAllAsync(target, new byte[1000]);
        target.Dispose();
        Assert.Equal(1000, (await BridgeRig.ReceiveAllAsync(client)).Length);
        BridgeRig.Until(() => rig.Bridge.Counters.Open == 0, "closed");
    }

    [Fact]
    public async Task What_a_vanished_sender_left_still_reaches_a_slow_receiver()
    {
        await using var rig = new BridgeRig(unixTarget: true);
        (Socket client, Socket target) = await rig.JoinAsync();
        byte[] all = Pipes.Bytes(20_000_000);
        Task sending = Task.Run(async () =>
        {
            await BridgeRig.SendAllAsync(target, all);
            target.Dispose();
        });
        BridgeRig.Until(() => rig.Bridge.Counters.BytesFromTarget > 0, "bytes flow");
        Assert.Equal(all, await BridgeRig.ReceiveAllAsync(client));
        await sending;
        BridgeRig.Until(() => rig.Bridge.Counters.Open == 0, "closed");
    }

    [Fact]
    public async Task An_end_killed_in_the_middle_of_bulk_frees_the_other()
    {
        await using var rig = new BridgeRig();
        for (int round = 0; round < 20; round++)
        {
            (Socket client, Socket target) = await rig.JoinAsync();
            Task sending = SwallowAsync(BridgeRig.SendAllAsync(client, new byte[8_000_000]));
            await BridgeRig.ReceiveAsync(target, 1 + round * 50_000);
            target.Dispose();
            await sending;
            client.Dispose();
        }

        BridgeRig.Until(() => rig.Bridge.Counters.Open == 0, "all closed");
    }

    [Fact]
    public async Task A_target_that_is_not_there_resets_the_client_and_works_once_it_is_there()
    {
        using var scratch = new Scratch();
        var notices = new List<BridgeNotice>();
        await using var pump = new BridgePump(new BridgePumpOptions { Notify = notices.Add, Threads = 1 });
        Bridge bridge = pump.Listen(new IPEndPoint(IPAddress.Loopback, 0), new UnixDomainSocketEndPoint(scratch.PathOf("late")), "late");

        for (int i = 0; i < 3; i++)
            await AssertResetAsync(bridge);
        Assert.Equal(3, bridge.Counters.Refused);

        using var server = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        server.Bind(new UnixDomainSocketEndPoint(scratch.PathOf("late")));
        server.Listen(1);
        Task echo = EchoAsync(server, 1);
        using (var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            await client.ConnectAsync(bridge.Listening);
            await BridgeRig.SendAllAsync(client, new byte[5]);
            Assert.Equal(new byte[5], await BridgeRig.ReceiveAsync(client, 5));
        }

        await echo.WaitAsync(BridgeRig.Patience);
        Assert.Equal([BridgeNoticeKind.TargetUnreachable, BridgeNoticeKind.TargetReached], notices.Select(notice => notice.Kind));
    }

    [Fact]
    public async Task A_client_that_sent_nothing_is_reset_when_the_app_is_down_behind_both_halves()
    {
        using var scratch = new Scratch();
        await using var pump = new BridgePump();
        var between = new UnixDomainSocketEndPoint(scratch.PathOf("h"));
        Bridge inner = pump.Listen(between, new UnixDomainSocketEndPoint(scratch.PathOf("app")), "inner");
        Bridge outer = pump.Listen(new IPEndPoint(IPAddress.Loopback, 0), between, "outer");
        for (int i = 0; i < 50; i++)
            await AssertResetAsync(outer);
        BridgeRig.Until(() => inner.Counters is { Open: 0, Refused: 50 } && outer.Counters is { Open: 0, Reset: 50 }, "all were reset");
    }

    [Fact]
    public async Task An_app_that_closes_without_a_byte_is_an_end_of_stream_behind_both_halves()
    {
        using var scratch = new Scratch();
        await using var rig = new BridgeRig();
        var between = new UnixDomainSocketEndPoint(scratch.PathOf("h"));
        rig.Pump.Listen(between, rig.Server.LocalEndPoint!, "inner");
        Bridge outer = rig.Pump.Listen(new IPEndPoint(IPAddress.Loopback, 0), between, "outer");
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(outer.Listening);
        (await rig.Server.AcceptAsync()).Dispose();
        Assert.Empty(await BridgeRig.ReceiveAllAsync(client));
    }

    [Fact]
    public async Task Connections_over_the_limit_of_all_bridges_are_reset()
    {
        await using var rig = new BridgeRig(options: new BridgePumpOptions { MaxConnections = 1 });
        (Socket one, Socket target) = await rig.JoinAsync();
        await AssertResetAsync(rig.Bridge);
        rig.UntilNotice(BridgeNoticeKind.Full);
        one.Dispose();
        target.Dispose();
        BridgeRig.Until(() => rig.Bridge.Counters.Open == 0, "room");
        (Socket two, Socket twoTarget) = await rig.JoinAsync();
        two.Dispose();
        twoTarget.Dispose();
    }

    [Fact]
    public async Task A_refused_target_port_resets_the_client()
    {
        int port;
        using (var closed = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            closed.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            port = ((IPEndPoint)closed.LocalEndPoint!).Port;
        }

        await using var pump = new BridgePump();
        Bridge bridge = pump.Listen(new IPEndPoint(IPAddress.Loopback, 0), new IPEndPoint(IPAddress.Loopback, port), "refused");
        await AssertResetAsync(bridge);
        BridgeRig.Until(() => bridge.Counters is { Refused: 1, Open: 0 }, "refused");
    }

    [Fact]
    public async Task Connections_over_the_limit_are_reset_and_room_is_given_again()
    {
        await using var rig = new BridgeRig(limits: new BridgeLimits { MaxConnections = 2 });
        (Socket one, Socket oneTarget) = await rig.JoinAsync();
        (Socket two, Socket twoTarget) = await rig.JoinAsync();
        await AssertResetAsync(rig.Bridge);
        rig.UntilNotice(BridgeNoticeKind.Full);

        one.Dispose();
        oneTarget.Dispose();
        BridgeRig.Until(() => rig.Bridge.Counters.Open == 1, "room");
        (Socket three, Socket threeTarget) = await rig.JoinAsync();
        await BridgeRig.SendAllAsync(three, new byte[] { 3 });
        Assert.Equal([3], await BridgeRig.ReceiveAsync(threeTarget, 1));
        two.Dispose();
        twoTarget.Dispose();
    }

    [Fact]
    public async Task Stopping_accepts_no_more_and_lets_the_open_ones_finish()
    {
        await using var rig = new BridgeRig();
        (Socket client, Socket target) = await rig.JoinAsync();
        Task stop = rig.Bridge.StopAsync(BridgeRig.Patience);
        BridgeRig.Until(() => !CanConnect(rig.Bridge), "listens no more");
        Assert.False(stop.IsCompleted);

        await BridgeRig.SendAllAsync(client, new byte[] { 1, 2, 3 });
        Assert.Equal([1, 2, 3], await BridgeRig.ReceiveAsync(target, 3));
        client.Dispose();
        target.Dispose();
        await stop.WaitAsync(BridgeRig.Patience);
        Assert.Empty(rig.Pump.Bridges);
    }

    [Fact]
    public async Task Stopping_aborts_what_does_not_finish_in_time()
    {
        var time = new FakeTime();
        await using var rig = new BridgeRig(options: new BridgePumpOptions { Time = time });
        (Socket client, Socket target) = await rig.JoinAsync();
        await BridgeRig.SendAllAsync(client, new byte[] { 1 });
        await BridgeRig.ReceiveAsync(target, 1);

        Task stop = rig.Bridge.StopAsync(TimeSpan.FromSeconds(10));
        BridgeRig.Until(() => !CanConnect(rig.Bridge), "listens no more");
        BridgeRig.Until(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return stop.IsCompleted;
        }, "stopped");
        await stop;
        await Assert.ThrowsAsync<SocketException>(() => client.ReceiveAsync(new byte[1]).WaitAsync(BridgeRig.Patience));
    }

    [Fact]
    public async Task A_half_closed_connection_ends_at_its_time_limit_and_a_silent_open_one_does_not()
    {
        var time = new FakeTime();
        await using var rig = new BridgeRig(
            limits: new BridgeLimits { HalfClosedTimeout = TimeSpan.FromMinutes(1) }, options: new BridgePumpOptions { Time = time });
        (Socket silent, Socket silentTarget) = await rig.JoinAsync();
        (Socket half, Socket halfTarget) = await rig.JoinAsync();
        half.Shutdown(SocketShutdown.Send);
        Assert.Empty(await BridgeRig.ReceiveAllAsync(halfTarget));
        BridgeRig.Until(() =>
        {
            time.Advance(TimeSpan.FromSeconds(5));
            return rig.Bridge.Counters is { Open: 1, Reset: 1 };
        }, "the half closed one is gone");

        time.Advance(TimeSpan.FromDays(1));
        await BridgeRig.SendAllAsync(silent, new byte[] { 9 });
        Assert.Equal([9], await BridgeRig.ReceiveAsync(silentTarget, 1));
    }

    [Fact]
    public async Task A_silent_connection_ends_when_a_limit_says_so()
    {
        var time = new FakeTime();
        await using var rig = new BridgeRig(
            limits: new BridgeLimits { IdleTimeout = TimeSpan.FromMinutes(1) }, options: new BridgePumpOptions { Time = time });
        (Socket client, Socket target) = await rig.JoinAsync();
        BridgeRig.Until(() =>
        {
            time.Advance(TimeSpan.FromSeconds(5));
            return rig.Bridge.Counters is { Open: 0, Reset: 1 };
        }, "closed");
        client.Dispose();
        target.Dispose();
    }

    [Fact]
    public async Task Loops_begin_with_the_hook_and_a_hook_that_fails_is_told_to_the_caller()
    {
        int ran = 0;
        await using (new BridgePump(new BridgePumpOptions { Threads = 3, OnLoopStart = () => Interlocked.Increment(ref ran) }))
            Assert.Equal(3, ran);

        InvalidOperationException e = Assert.Throws<InvalidOperationException>(
            () => new BridgePump(new BridgePumpOptions { Threads = 2, OnLoopStart = () => throw new IOException("no namespace") }));
        Assert.Contains("no namespace", e.Message, StringComparison.Ordinal);
    }

    private static bool CanConnect(Bridge bridge)
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            // Ends with a reset, so that a probe that got in is gone at once.
            probe.LingerState = new LingerOption(true, 0);
            probe.Connect(bridge.Listening);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static async Task AssertResetAsync(Bridge bridge)
    {
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        SocketException e = await Assert.ThrowsAsync<SocketException>(async () =>
        {
            await client.ConnectAsync(bridge.Listening);
            await client.ReceiveAsync(new byte[1]).WaitAsync(BridgeRig.Patience);
        });
        Assert.Equal(SocketError.ConnectionReset, e.SocketErrorCode);
    }

    private static async Task SendAndEndAsync(Socket socket, ReadOnlyMemory<byte> bytes)
    {
        await BridgeRig.SendAllAsync(socket, bytes);
        socket.Shutdown(SocketShutdown.Send);
    }

    private static async Task SwallowAsync(Task task)
    {
        try
        {
            await task;
        }
        catch (SocketException)
        {
        }
    }

    private static async Task EchoAsync(Socket server, int connections)
    {
        var all = new List<Task>();
        for (int i = 0; i < connections; i++)
            all.Add(EchoOneAsync(await server.AcceptAsync()));
        await Task.WhenAll(all);
    }

    private static async Task EchoOneAsync(Socket socket)
    {
        using Socket owned = socket;
        byte[] buffer = new byte[8192];
        int read;
        while ((read = await socket.ReceiveAsync(buffer)) != 0)
            await BridgeRig.SendAllAsync(socket, buffer.AsMemory(0, read));
    }
}
