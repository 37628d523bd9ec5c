using System.Buffers.Binary;
using System.Net.Sockets;
using Qos.Nsm;

namespace Qos.Simulator.Tests;

/// <summary>The module on its socket: framing, bounds, several connections, the socket's file.</summary>
public sealed class SimulatorServerTests : IDisposable
{
    private static readonly SimulatorPki s_pki = SimulatorPki.Create();

    private readonly string _folder = Directory.CreateTempSubdirectory("qos-sim").FullName;
    private readonly SoftwareNsm _module = new(new() { Pki = s_pki });

    private string SocketPath => Path.Combine(_folder, "nsm");

    public void Dispose()
    {
        _module.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public Task Any_number_of_requests_go_over_a_connection_and_several_connections_at_once() => WithServerAsync(() =>
    {
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(SocketPath));
        using Socket idle = Connect();
        using Socket one = Connect();
        using Socket other = Connect();
        for (int i = 0; i < 3; i++)
        {
            Assert.IsType<NsmResponse.GetRandom>(Exchange(one, NsmCodec.EncodeRequest(new NsmRequest.GetRandom())));
            Assert.IsType<NsmResponse.DescribeNsm>(Exchange(other, NsmCodec.EncodeRequest(new NsmRequest.DescribeNsm())));
        }
    });

    [Fact]
    public Task A_request_that_is_too_long_is_refused_and_the_connection_closed() => WithServerAsync(() =>
    {
        foreach (uint length in new uint[] { 4097, int.MaxValue, uint.MaxValue })
        {
            using Socket connection = Connect();
            byte[] header = new byte[4];
            BinaryPrimitives.WriteUInt32LittleEndian(header, length);
            connection.Send(header);
            Assert.Equal(NsmError.InputTooLarge, Assert.IsType<NsmResponse.Error>(Receive(connection)).Code);
            Assert.Equal(0, connection.Receive(new byte[1]));
        }
    });

    [Fact]
    public Task A_peer_that_vanishes_at_any_byte_of_a_request_costs_nothing() => WithServerAsync(() =>
    {
        byte[] framed = Frame(NsmCodec.EncodeRequest(new NsmRequest.ExtendPcr(16, new byte[] { 1, 2, 3 })));
        for (int length = 0; length < framed.Length; length++)
        {
            using Socket connection = Connect();
            connection.Send(framed.AsSpan(0, length));
        }

        using Socket after = Connect();
        var pcr = Assert.IsType<NsmResponse.DescribePcr>(Exchange(after, NsmCodec.EncodeRequest(new NsmRequest.DescribePcr(16))));
        Assert.Equal(new byte[48], pcr.Data.ToArray());
    });

    [Fact]
    public async Task A_late_answer_comes_when_its_time_has_come()
    {
        var time = new HeldTime();
        _module.Faults = new() { Delay = TimeSpan.FromMilliseconds(1500) };
        using var stop = new CancellationTokenSource();
        using SimulatorServer server = SimulatorServer.Listen(() => _module, SocketPath, time);
        Task running = server.RunAsync(stop.Token);
        using Socket connection = Connect();
        connection.Send(Frame(NsmCodec.EncodeRequest(new NsmRequest.GetRandom())));

        (Action fire, TimeSpan due) = await time.Timer;
        Assert.Equal(TimeSpan.FromMilliseconds(1500), due);
        Assert.Equal(0, connection.Available);
        fire();
        Assert.IsType<NsmResponse.GetRandom>(await Task.Run(() => Receive(connection)));

        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task The_socket_is_removed_at_the_end_and_a_stale_one_replaced()
    {
        await WithServerAsync(() => { });
        Assert.False(File.Exists(SocketPath));

        // A listener that was closed without its file being removed is what a killed process leaves.
        using (var left = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            left.Bind(new UnixDomainSocketEndPoint(SocketPath + ".left"));
            left.Listen();
            File.Move(SocketPath + ".left", SocketPath);
        }

        Assert.True(File.Exists(SocketPath));
        await WithServerAsync(() =>
        {
            using Socket connection = Connect();
            Assert.IsType<NsmResponse.GetRandom>(Exchange(connection, NsmCodec.EncodeRequest(new NsmRequest.GetRandom())));
        });
    }

    [Fact]
    public Task A_socket_that_is_served_is_left_alone() => WithServerAsync(() =>
    {
        string message = Assert.Throws<IOException>(() => SimulatorServer.Listen(() => _module, SocketPath)).Message;
        Assert.Contains("another process serves it", message, StringComparison.Ordinal);
        using Socket connection = Connect();
        Assert.IsType<NsmResponse.GetRandom>(Exchange(connection, NsmCodec.EncodeRequest(new NsmRequest.GetRandom())));
    });

    [Fact]
    public void A_file_of_somebody_is_left_alone()
    {
        File.WriteAllText(SocketPath, "precious");
        Assert.Throws<IOException>(() => SimulatorServer.Listen(() => _module, SocketPath));
        Assert.Equal("precious", File.ReadAllText(SocketPath));
    }

    [Fact]
    public void A_path_that_cannot_be_is_one_clear_line()
    {
        foreach (string path in new[] { Path.Combine(_folder, "none", "nsm"), Path.Combine(_folder, new string('x', 120)) })
        {
            string message = Assert.Throws<IOException>(() => SimulatorServer.Listen(() => _module, path)).Message;
            Assert.DoesNotContain('\n', message);
            Assert.Contains(path, message, StringComparison.Ordinal);
        }
    }

    private async Task WithServerAsync(Action act)
    {
        using var stop = new CancellationTokenSource();
        using SimulatorServer server = SimulatorServer.Listen(() => _module, SocketPath);
        Task running = server.RunAsync(stop.Token);
        try
        {
            // On another thread: the act blocks on its sockets, and the server needs one to go on.
            await Task.Run(act);
        }
        finally
        {
            await stop.CancelAsync();
            await running;
        }
    }

    private Socket Connect()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(SocketPath));
        return socket;
    }

    private static NsmResponse Exchange(Socket connection, byte[] request)
    {
        connection.Send(Frame(request));
        return Receive(connection);
    }

    private static NsmResponse Receive(Socket connection)
    {
        byte[] header = ReceiveExactly(connection, 4);
        return NsmCodec.DecodeResponse(ReceiveExactly(connection, (int)BinaryPrimitives.ReadUInt32LittleEndian(header)));
    }

    private static byte[] ReceiveExactly(Socket connection, int count)
    {
        byte[] bytes = new byte[count];
        for (int got = 0; got < count;)
        {
            int more = connection.Receive(bytes, got, count - got, SocketFlags.None);
            Assert.NotEqual(0, more);
            got += more;
        }

        return bytes;
    }

    private static byte[] Frame(byte[] request)
    {
        byte[] framed = new byte[4 + request.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(framed, (uint)request.Length);
        request.CopyTo(framed, 4);
        return framed;
    }
}
