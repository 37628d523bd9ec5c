using System.Net;
using System.Net.Sockets;
using System.Text;
using Qos.Native;
using Tmds.Linux;

namespace Qos.Transport.Tests;

public sealed class BridgeConnectTests : IDisposable
{
    private readonly Scratch _scratch = new();
    private readonly FakeTime _time = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task A_vhost_user_target_is_told_the_port_and_no_byte_behind_its_answer_is_lost()
    {
        using Socket backEnd = Listen("v", 10);
        await using BridgePump pump = Pump();
        Bridge bridge = pump.Listen(new IPEndPoint(IPAddress.Loopback, 0), new VhostUserEndPoint(_scratch.PathOf("v"), 8080), "vhost");
        using Socket client = await DialAsync(bridge);
        await BridgeRig.SendAllAsync(client, "request"u8.ToArray());

        using Socket served = await backEnd.AcceptAsync();
        Assert.Equal("CONNECT 8080\n", Encoding.ASCII.GetString(await BridgeRig.ReceiveAsync(served, 13)));
        Assert.Equal(0, served.Available);
        await served.SendAsync("OK 10"u8.ToArray());
        await served.SendAsync("74\nfirst words"u8.ToArray());
        Assert.Equal("first words", Encoding.ASCII.GetString(await BridgeRig.ReceiveAsync(client, 11)));
        Assert.Equal("request", Encoding.ASCII.GetString(await BridgeRig.ReceiveAsync(served, 7)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("NO\n")]
    [InlineData("OK 000000000000000000000000000000000000000000")]
    public async Task A_vhost_user_target_that_refuses_resets_the_client(string answer)
    {
        using Socket backEnd = Listen("v", 10);
        await using BridgePump pump = Pump();
        Bridge bridge = pump.Listen(new IPEndPoint(IPAddress.Loopback, 0), new VhostUserEndPoint(_scratch.PathOf("v"), 1), "vhost");
        using Socket client = await DialAsync(bridge);
        using (Socket served = await backEnd.AcceptAsync())
        {
            await BridgeRig.ReceiveAsync(served, 10);
            await served.SendAsync(Encoding.ASCII.GetBytes(answer));
        }

        await AssertResetAsync(client);
        BridgeRig.Until(() => bridge.Counters is { Refused: 1, Open: 0 }, "refused");
    }

    [Fact]
    public async Task A_target_that_never_answers_its_handshake_ends_at_the_connect_limit()
    {
        using Socket backEnd = Listen("v", 10);
        await using BridgePump pump = Pump();
        Bridge bridge = pump.Listen(new IPEndPoint(IPAddress.Loopback, 0), new VhostUserEndPoint(_scratch.PathOf("v"), 1), "vhost");
        using Socket client = await DialAsync(bridge);
        using Socket served = await backEnd.AcceptAsync();
        BridgeRig.Until(() => Passes(() => bridge.Counters.Refused == 1), "refused");
        await AssertResetAsync(client);
    }

    [Fact]
    public async Task A_busy_unix_target_is_asked_again_until_it_has_room()
    {
        using Socket target = Listen("t", 0);
        await using BridgePump pump = Pump();
        Bridge bridge = pump.Listen(new IPEndPoint(IPAddress.Loopback, 0), new UnixDomainSocketEndPoint(_scratch.PathOf("t")), "busy");
        using Socket one = await DialAsync(bridge);
        using Socket two = await DialAsync(bridge);
        using Socket three = await DialAsync(bridge);
        foreach (Socket client in (Socket[])[one, two, three])
            await BridgeRig.SendAllAsync(client, new byte[] { 7 });
        BridgeRig.Until(() => bridge.Counters is { Accepted: 3, Open: 3 }, "all wait");

        for (int i = 0; i < 3; i++)
        {
            Task<Socket> accepting = target.AcceptAsync();
            BridgeRig.Until(() => Passes(() => accepting.IsCompleted), "the next one gets in");
            using Socket served = await accepting;
            Assert.Equal([7], await BridgeRig.ReceiveAsync(served, 1));
        }
    }

    [Fact]
    public async Task A_busy_unix_target_without_room_ends_at_the_connect_limit()
    {
        using Socket target = Listen("t", 0);
        await using BridgePump pump = Pump();
        Bridge bridge = pump.Listen(new IPEndPoint(IPAddress.Loopback, 0), new UnixDomainSocketEndPoint(_scratch.PathOf("t")), "busy");
        Socket[] clients = [await DialAsync(bridge), await DialAsync(bridge), await DialAsync(bridge)];
        BridgeRig.Until(() => bridge.Counters.Accepted == 3, "all are in");
        BridgeRig.Until(() => Passes(() => bridge.Counters is { Refused: > 0, Open: < 3 }), "refused");
        foreach (Socket client in clients)
            client.Dispose();
    }

    [Fact]
    public async Task A_pumps_writes_to_a_vsock_are_cut_into_chunks()
    {
        (Socket writer, Socket reader) = await Records.PairAsync(_scratch);
        using Socket a = writer, b = reader;
        var side = new BridgeSide((int)writer.Handle, 0, LibC.AF_VSOCK, EnclaveStream.VsockChunk);
        Assert.Equal(70_000, Send(side, 70_000));
        Assert.Equal([28 * 1024, 28 * 1024, 70_000 - 56 * 1024], Records.Read(reader, 3));
    }

    [Fact]
    public void A_vhost_user_back_end_cannot_be_listened_on()
    {
        Assert.Throws<TransportException>(() => NativeSocket.Listen(new VhostUserEndPoint("/v", 1), out _));
    }

    [Fact]
    public async Task A_port_in_use_is_named()
    {
        await using BridgePump pump = Pump();
        Bridge bridge = pump.Listen(new IPEndPoint(IPAddress.Loopback, 0), new UnixDomainSocketEndPoint("/x"), "one");
        TransportException e = Assert.Throws<TransportException>(() => pump.Listen(bridge.Listening, new UnixDomainSocketEndPoint("/x"), "two"));
        Assert.Equal(TransportError.AddressInUse, e.Error);
        Assert.Contains(bridge.Listening.ToString()!, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task IPv6_works()
    {
        using var server = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
        server.Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0));
        server.Listen(1);
        await using BridgePump pump = Pump();
        Bridge bridge = pump.Listen(new IPEndPoint(IPAddress.IPv6Loopback, 0), server.LocalEndPoint!, "six");
        using var client = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(bridge.Listening);
        using Socket served = await server.AcceptAsync();
        await BridgeRig.SendAllAsync(client, new byte[] { 6 });
        Assert.Equal([6], await BridgeRig.ReceiveAsync(served, 1));
    }

    [Fact]
    public async Task Addresses_are_asked_for_with_each_connection_and_tried_until_one_accepts()
    {
        using Socket first = Listen("first", 10), second = Listen("second", 10);
        IReadOnlyList<EndPoint> addresses = [];
        var asked = new TaskCompletionSource();
        await using BridgePump pump = Pump();
        Bridge bridge = pump.Listen(
            new IPEndPoint(IPAddress.Loopback, 0),
            new BridgeTarget("name:80", async () =>
            {
                await asked.Task;
                return addresses;
            }),
            "names");
        addresses = [new UnixDomainSocketEndPoint(_scratch.PathOf("none")), new UnixDomainSocketEndPoint(_scratch.PathOf("first"))];
        using Socket one = await DialAsync(bridge);
        await BridgeRig.SendAllAsync(one, new byte[] { 1 });
        BridgeRig.Until(() => bridge.Counters.Accepted == 1, "accepted");
        asked.SetResult();
        using (Socket served = await first.AcceptAsync())
            Assert.Equal([1], await BridgeRig.ReceiveAsync(served, 1));

        addresses = [new UnixDomainSocketEndPoint(_scratch.PathOf("second"))];
        using Socket two = await DialAsync(bridge);
        await BridgeRig.SendAllAsync(two, new byte[] { 2 });
        using (Socket served = await second.AcceptAsync())
            Assert.Equal([2], await BridgeRig.ReceiveAsync(served, 1));

        addresses = [];
        await AssertRefusedAsync(bridge);
        Assert.Equal(1, bridge.Counters.Refused);
    }

    [Fact]
    public async Task An_address_that_does_not_answer_in_time_is_left_for_the_next()
    {
        using Socket full = Listen("full", 0), free = Listen("free", 10);
        using var fill = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        fill.Connect(new UnixDomainSocketEndPoint(_scratch.PathOf("full")));
        await using BridgePump pump = Pump();
        Bridge bridge = pump.Listen(
            new IPEndPoint(IPAddress.Loopback, 0),
            new BridgeTarget(
                "name:80",
                () => new([new UnixDomainSocketEndPoint(_scratch.PathOf("full")), new UnixDomainSocketEndPoint(_scratch.PathOf("free"))])),
            "names");
        using Socket client = await DialAsync(bridge);
        Task<Socket> accepting = free.AcceptAsync();
        BridgeRig.Until(() => Passes(() => accepting.IsCompleted), "the second address is tried");
        using Socket served = await accepting;
        await BridgeRig.SendAllAsync(client, new byte[] { 5 });
        Assert.Equal([5], await BridgeRig.ReceiveAsync(served, 1));
        Assert.Equal(0, bridge.Counters.Refused);
    }

    [Fact]
    public async Task A_name_without_addresses_is_reported_with_the_reason()
    {
        var notices = new List<BridgeNotice>();
        await using var pump = new BridgePump(new BridgePumpOptions { Notify = notices.Add });
        Bridge bridge = pump.Listen(
            new IPEndPoint(IPAddress.Loopback, 0),
            new BridgeTarget("nowhere.example:443", () => throw new SocketException((int)SocketError.HostNotFound)),
            "names");
        await AssertRefusedAsync(bridge);
        BridgeNotice notice = notices[0];
        Assert.Equal(BridgeNoticeKind.TargetUnreachable, notice.Kind);
        Assert.StartsWith("bridge names: no address of nowhere.example:443 is known (", notice.Message, StringComparison.Ordinal);
    }

    private static unsafe int Send(BridgeSide side, int count)
    {
        fixed (byte* bytes = Pipes.Bytes(count))
            return side.Send(bytes, count);
    }

    private bool Passes(Func<bool> condition)
    {
        _time.Advance(TimeSpan.FromMilliseconds(100));
        return condition();
    }

    private BridgePump Pump() => new(new BridgePumpOptions { Time = _time });

    private Socket Listen(string name, int backlog)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(_scratch.PathOf(name)));
        socket.Listen(backlog);
        return socket;
    }

    private static async Task<Socket> DialAsync(Bridge bridge)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(bridge.Listening);
        return client;
    }

    // The reset may come while connect is still on its way back.
    private static async Task AssertRefusedAsync(Bridge bridge)
    {
        SocketException e = await Assert.ThrowsAsync<SocketException>(async () =>
        {
            using Socket client = await DialAsync(bridge);
            await client.ReceiveAsync(new byte[1]).WaitAsync(BridgeRig.Patience);
        });
        Assert.Equal(SocketError.ConnectionReset, e.SocketErrorCode);
    }

    private static async Task AssertResetAsync(Socket client)
    {
        SocketException e = await Assert.ThrowsAsync<SocketException>(() => client.ReceiveAsync(new byte[1]).WaitAsync(BridgeRig.Patience));
        Assert.Equal(SocketError.ConnectionReset, e.SocketErrorCode);
    }

    [Fact]
    public void Loopback_is_not_paced_and_elsewhere_the_systems_choice_stays()
    {
        string system = File.ReadAllText("/proc/sys/net/ipv4/tcp_congestion_control").Trim();
        using Socket loopback = Own(NativeSocket.Listen(new IPEndPoint(IPAddress.Loopback, 0), out EndPoint at));
        using Socket everywhere = Own(NativeSocket.Listen(new IPEndPoint(IPAddress.Any, 0), out _));
        using Socket dialed = Own(NativeSocket.Dial(new NativeAddress(at), out int error));
        Assert.Equal(0, error);
        loopback.Blocking = true;
        using Socket accepted = loopback.Accept();
        Assert.Equal(["reno", system, "reno", "reno"], new[] { loopback, everywhere, dialed, accepted }.Select(CongestionControlOf));

        static Socket Own(int fd) => new(new SafeSocketHandle(fd, ownsHandle: true));
        static string CongestionControlOf(Socket socket)
        {
            byte[] name = new byte[16];
            int length = socket.GetRawSocketOption(LibC.IPPROTO_TCP, LibC.TCP_CONGESTION, name);
            return System.Text.Encoding.ASCII.GetString(name, 0, length).TrimEnd('\0');
        }
    }
}
