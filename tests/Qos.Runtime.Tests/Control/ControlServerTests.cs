using System.Buffers.Binary;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Qos.Transport;

namespace Qos.Runtime.Tests.Control;

/// <summary>The control server over real Unix sockets. Format: docs/protocol/messages.md, Transport ("Ours").</summary>
public sealed class ControlServerTests : IAsyncDisposable
{
    private readonly TestFolder _folder = new();
    private readonly ManualTime _time = new();
    private readonly FakeNode _node = new();
    private readonly EnclaveListener _listener;
    private readonly EnclaveAddress _address;
    private readonly CancellationTokenSource _stop = new();
    private readonly ControlServer _server;
    private readonly Task _running;

    public ControlServerTests()
    {
        _address = EnclaveAddress.Unix(_folder["s"]);
        _listener = EnclaveListener.Listen(_address);
        var options = new ControlServerOptions { MaxConnections = 8, Time = _time };
        _server = new ControlServer(_listener, _node, options, NullLogger<ControlServer>.Instance);
        _running = _server.RunAsync(_stop.Token);
    }

    [Fact]
    public async Task Requests_on_a_connection_are_answered_in_order()
    {
        using FrameConnection connection = await Connect();
        foreach (int length in (int[])[1, 100, 0, 70_000, 3_000_000])
        {
            byte[] body = new byte[length];
            Random.Shared.NextBytes(body);
            using FrameBuffer answer = await connection.RequestAsync(body, length);
            Assert.True(body.AsSpan().SequenceEqual(answer.Span));
        }
    }

    [Fact]
    public async Task A_request_that_takes_long_holds_up_no_other_connection()
    {
        using FrameConnection slow = await Connect();
        Task<FrameBuffer> waiting = slow.RequestAsync("wait"u8.ToArray(), 100);
        await _node.Waiting.Task;
        using FrameConnection quick = await Connect();
        (await quick.RequestAsync("quick"u8.ToArray(), 100)).Dispose();
        Assert.False(waiting.IsCompleted);
        _node.Gate.SetResult();
        (await waiting).Dispose();
    }

    [Fact]
    public async Task A_thousand_silent_connections_make_room_for_one_that_speaks()
    {
        var silent = new List<Socket>();
        for (int i = 0; i < 1000; i++)
            silent.Add(await Task.Run(ConnectWhenThereIsRoom));
        using FrameConnection speaking = await Connect();
        (await speaking.RequestAsync("status"u8.ToArray(), 100)).Dispose();
        Assert.InRange(_server.Connections, 1, 8);
        silent.ForEach(socket => socket.Dispose());
    }

    [Fact]
    public async Task A_connection_in_the_middle_of_a_message_does_not_make_room()
    {
        using FrameConnection waiting = await Connect();
        Task<FrameBuffer> answer = waiting.RequestAsync("wait"u8.ToArray(), 100);
        await _node.Waiting.Task;
        for (int i = 0; i < 30; i++)
        {
            using FrameConnection other = await Connect();
            (await other.RequestAsync("status"u8.ToArray(), 100)).Dispose();
        }

        _node.Gate.SetResult();
        (await answer).Dispose();
    }

    [Fact]
    public async Task A_silent_connection_is_closed_after_its_time()
    {
        using Socket socket = await ConnectSocket();
        _time.AdvanceToNextTimer();
        Assert.Equal(0, await socket.ReceiveAsync(new byte[1]));
    }

    [Fact]
    public async Task A_slow_message_is_closed_after_its_time_and_costs_nothing_more()
    {
        using Socket socket = await ConnectSocket();
        await socket.SendAsync(Frame(100)[..50]);
        SpinWait.SpinUntil(() => _node.Begun == 1);
        _time.AdvanceToNextTimer();
        Assert.Equal(0, await socket.ReceiveAsync(new byte[1]));
        SpinWait.SpinUntil(() => _node.Disposed == 1);
        Assert.Equal(0, _node.Completed);
    }

    [Theory]
    [InlineData(FrameLimits.ProtocolMaxLength + 1)]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    [InlineData(-1)]
    public async Task A_length_beyond_the_bound_is_refused_and_the_connection_closed(long length)
    {
        using Socket socket = await ConnectSocket();
        byte[] header = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(header, length);
        await socket.SendAsync(header);
        using var stream = new NetworkStream(socket);
        using var reader = new StreamReader(stream);
        string answer = await reader.ReadToEndAsync();
        Assert.Equal("{\"protocolErrorResponse\":\"OversizeMsg\"}", answer[8..]);
        Assert.Equal(0, _node.Begun);
    }

    [Fact]
    public async Task A_peer_that_vanishes_at_any_byte_costs_nothing()
    {
        byte[] frame = Frame(64);
        for (int sent = 0; sent < frame.Length; sent++)
        {
            using Socket socket = await ConnectSocket();
            await socket.SendAsync(frame.AsMemory(0, sent));
        }

        using FrameConnection after = await Connect();
        (await after.RequestAsync("status"u8.ToArray(), 100)).Dispose();
        SpinWait.SpinUntil(() => _server.Connections == 1 && _node.Disposed == _node.Begun);
        Assert.Equal(1, _node.Completed);
    }

    [Fact]
    public async Task A_defect_in_one_request_closes_only_its_connection()
    {
        using FrameConnection bad = await Connect();
        await Assert.ThrowsAsync<TransportException>(() => bad.RequestAsync("throw"u8.ToArray(), 100));
        using FrameConnection good = await Connect();
        (await good.RequestAsync("status"u8.ToArray(), 100)).Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Record.ExceptionAsync(() => _running);
        _listener.Dispose();
        _stop.Dispose();
        _folder.Dispose();
    }

    private static byte[] Frame(int length)
    {
        byte[] frame = new byte[8 + length];
        BinaryPrimitives.WriteInt64LittleEndian(frame, length);
        return frame;
    }

    private Task<FrameConnection> Connect() => FrameConnection.ConnectAsync(_address, FrameLimits.Default, TimeProvider.System);

    // Unlike an asynchronous connect, this one waits while the listener's queue is full.
    private Socket ConnectWhenThereIsRoom()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(_address.Path));
        return socket;
    }

    private async Task<Socket> ConnectSocket()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(_address.Path));
        return socket;
    }
}
