using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Qos.Transport.Tests;

public sealed class EndPointTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData("unix:/run/q.sock", EnclaveAddressKind.Unix, "unix:/run/q.sock")]
    [InlineData("/run/q.sock", EnclaveAddressKind.Unix, "unix:/run/q.sock")]
    [InlineData("./q.sock", EnclaveAddressKind.Unix, "unix:./q.sock")]
    [InlineData("vsock:16", EnclaveAddressKind.Vsock, "vsock:16")]
    [InlineData("vsock:any", EnclaveAddressKind.Vsock, "vsock:any")]
    [InlineData("vhost:/run/v.sock", EnclaveAddressKind.VhostUser, "vhost:/run/v.sock")]
    public void Addresses_are_read_and_written(string text, EnclaveAddressKind kind, string form)
    {
        EnclaveAddress address = EnclaveAddress.Parse(text);
        Assert.Equal(kind, address.Kind);
        Assert.Equal(form, address.ToString());
        Assert.Equal(address, EnclaveAddress.Parse(form));
    }

    [Theory]
    [InlineData("")]
    [InlineData("unix:")]
    [InlineData("vsock:")]
    [InlineData("vsock:-1")]
    [InlineData("vsock:4294967296")]
    [InlineData("vsock:16 ")]
    [InlineData("tcp:127.0.0.1:3")]
    [InlineData("sock")]
    [InlineData("unix:/a\0b")]
    public void What_is_no_address_is_refused(string text)
    {
        Assert.False(EnclaveAddress.TryParse(text, out _));
        Assert.Equal(TransportError.BadAddress, Assert.Throws<TransportException>(() => EnclaveAddress.Parse(text)).Error);
    }

    [Fact]
    public void A_path_too_long_for_a_socket_is_refused_with_both_numbers()
    {
        Assert.NotNull(EnclaveAddress.Unix("/" + new string('a', 106)));
        TransportException e = Assert.Throws<TransportException>(() => EnclaveAddress.Unix("/" + new string('a', 107)));
        Assert.Contains("108 bytes, and at most 107", e.Message, StringComparison.Ordinal);
        Assert.Throws<TransportException>(() => EnclaveAddress.Unix("/" + new string('ä', 54)));
    }

    [Fact]
    public void The_ports_of_a_host_and_its_enclave_never_share_a_file()
    {
        EnclaveAddress unix = EnclaveAddress.Unix("/s"), vhost = EnclaveAddress.VhostUser("/v");
        Assert.Equal("/s", unix.DialEnclave(EnclaveAddress.ControlPort).ToString());
        Assert.Equal(unix.DialEnclave(8080).ToString(), unix.ListenInEnclave(8080).ToString());
        Assert.Equal(unix.DialHost(8080).ToString(), unix.ListenOnHost(8080).ToString());
        Assert.NotEqual(unix.DialEnclave(8080).ToString(), unix.DialHost(8080).ToString());
        Assert.Equal("/v_8080", vhost.ListenOnHost(8080).ToString());
        Assert.Throws<TransportException>(() => vhost.ListenInEnclave(8080));
    }

    [Fact]
    public void A_vsock_address_has_the_kernels_layout()
    {
        SocketAddress raw = new VsockEndPoint(16, 0x01020304).Serialize();
        Assert.Equal(
            [40, 0, 0, 0, 4, 3, 2, 1, 16, 0, 0, 0, 0, 0, 0, 0],
            raw.Buffer.Span[..raw.Size].ToArray());
        Assert.Equal(new VsockEndPoint(16, 0x01020304), new VsockEndPoint(0, 0).Create(raw));
    }

    [Fact]
    public async Task A_listener_is_reached_and_its_file_is_the_owners_alone()
    {
        EnclaveAddress address = EnclaveAddress.Unix(_scratch.PathOf("s"));
        using (EnclaveListener control = EnclaveListener.Listen(address))
        using (EnclaveListener.Listen(address, 8080))
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(address.Path));
            Assert.True(File.Exists(address.DialEnclave(8080).ToString()));
            using EnclaveStream client = await address.ConnectAsync(EnclaveAddress.ControlPort);
            using EnclaveStream server = await control.AcceptAsync();
            await client.WriteAsync(new byte[] { 1, 2 });
            byte[] got = new byte[2];
            await server.ReadExactlyAsync(got);
            Assert.Equal([1, 2], got);
        }

        Assert.False(File.Exists(address.Path));
    }

    [Fact]
    public async Task A_file_of_a_dead_process_is_replaced()
    {
        string path = _scratch.PathOf("s");
        LeaveBehind(path);
        EnclaveAddress address = EnclaveAddress.Unix(path);
        using EnclaveListener listener = EnclaveListener.Listen(address);
        using EnclaveStream client = await address.ConnectAsync(EnclaveAddress.ControlPort);

        string bridge = _scratch.PathOf("b");
        LeaveBehind(bridge);
        await using var pump = new BridgePump();
        pump.Listen(new UnixDomainSocketEndPoint(bridge), new UnixDomainSocketEndPoint(path), "b");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(bridge));
    }

    [Fact]
    public async Task A_listener_whose_folder_is_gone_ends_as_any_other()
    {
        string folder = _scratch.PathOf("gone");
        Directory.CreateDirectory(folder);
        await using var pump = new BridgePump();
        Bridge bridge = pump.Listen(new UnixDomainSocketEndPoint(Path.Combine(folder, "b")), new UnixDomainSocketEndPoint("/x"), "b");
        EnclaveListener listener = EnclaveListener.Listen(EnclaveAddress.Unix(Path.Combine(folder, "l")));
        Directory.Delete(folder, recursive: true);
        listener.Dispose();
        await bridge.StopAsync(TimeSpan.Zero);
        Assert.Empty(pump.Bridges);
    }

    [Fact]
    public async Task A_living_listener_is_not_replaced()
    {
        EnclaveAddress address = EnclaveAddress.Unix(_scratch.PathOf("s"));
        using EnclaveListener listener = EnclaveListener.Listen(address);
        Assert.Equal(TransportError.AddressInUse, Assert.Throws<TransportException>(() => EnclaveListener.Listen(address)).Error);
        await using var pump = new BridgePump();
        TransportException e = Assert.Throws<TransportException>(
            () => pump.Listen(new UnixDomainSocketEndPoint(address.Path), new UnixDomainSocketEndPoint("/x"), "b"));
        Assert.Equal(TransportError.AddressInUse, e.Error);
        using EnclaveStream client = await address.ConnectAsync(EnclaveAddress.ControlPort);
    }

    [Fact]
    public void A_file_that_is_no_socket_is_left_alone()
    {
        string path = _scratch.PathOf("s");
        File.WriteAllText(path, "precious");
        Assert.Equal(TransportError.AddressInUse, Assert.Throws<TransportException>(() => EnclaveListener.Listen(EnclaveAddress.Unix(path))).Error);
        Assert.Equal("precious", File.ReadAllText(path));
    }

    [Fact]
    public void A_missing_folder_and_a_port_in_use_are_named()
    {
        TransportException e = Assert.Throws<TransportException>(
            () => EnclaveListener.Listen(EnclaveAddress.Unix(_scratch.PathOf("no/s"))));
        Assert.Equal(TransportError.BadAddress, e.Error);
        Assert.Contains("no/s", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_there_is_said_with_the_address()
    {
        EnclaveAddress address = EnclaveAddress.Unix(_scratch.PathOf("s"));
        TransportException e = await Assert.ThrowsAsync<TransportException>(() => address.ConnectAsync(3));
        Assert.Equal(TransportError.Unreachable, e.Error);
        Assert.Contains(address.ToString(), e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_listener_with_a_full_queue_is_asked_again()
    {
        EnclaveAddress address = EnclaveAddress.Unix(_scratch.PathOf("s"));
        using EnclaveListener listener = EnclaveListener.Listen(address, backlog: 0);
        Task<EnclaveStream>[] dialing = [.. Enumerable.Range(0, 5).Select(_ => address.ConnectAsync(EnclaveAddress.ControlPort))];
        Assert.Contains(dialing, task => !task.IsCompleted);
        for (int i = 0; i < dialing.Length; i++)
            (await listener.AcceptAsync()).Dispose();
        foreach (EnclaveStream stream in await Task.WhenAll(dialing))
            stream.Dispose();
    }

    [Fact]
    public async Task Writes_to_a_vsock_are_cut_into_chunks()
    {
        (Socket writer, Socket reader) = await Records.PairAsync(_scratch);
        using Socket owned = reader;
        using var stream = new EnclaveStream(writer, 1000);
        await stream.WriteAsync(Pipes.Bytes(2500));
        Assert.Equal([1000, 1000, 500], Records.Read(reader, 3));
        stream.Write(Pipes.Bytes(1500));
        Assert.Equal([1000, 500], Records.Read(reader, 2));
        Assert.True(EnclaveStream.VsockChunk < 32 * 1024);
    }

    [Theory]
    [InlineData("OK 1073741824\n", true)]
    [InlineData("OK 1\nhello", true)]
    [InlineData("NO\n", false)]
    [InlineData("", false)]
    [InlineData("OK", false)]
    [InlineData("OK 00000000000000000000000000000000000000\n", false)]
    public async Task A_vhost_user_back_end_is_told_the_port_and_believed_only_when_it_agrees(string answer, bool accepted)
    {
        string path = _scratch.PathOf("v");
        using var backEnd = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        backEnd.Bind(new UnixDomainSocketEndPoint(path));
        backEnd.Listen(1);

        Task<EnclaveStream> connecting = EnclaveAddress.VhostUser(path).ConnectAsync(8080);
        using Socket served = await backEnd.AcceptAsync();
        Assert.Equal("CONNECT 8080\n"u8.ToArray(), await BridgeRig.ReceiveAsync(served, 13));
        await served.SendAsync(Encoding.ASCII.GetBytes(answer));
        served.Shutdown(SocketShutdown.Send);
        if (accepted)
        {
            using EnclaveStream stream = await connecting;
            using var rest = new StreamReader(stream);
            Assert.Equal(answer[(answer.IndexOf('\n', StringComparison.Ordinal) + 1)..], await rest.ReadToEndAsync());
        }
        else
        {
            TransportException e = await Assert.ThrowsAsync<TransportException>(() => connecting);
            Assert.Equal(TransportError.Unreachable, e.Error);
        }
    }

    private static void LeaveBehind(string path)
    {
        // What a killed process leaves: the file stays, since nobody removes it.
        using var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        dead.Bind(new UnixDomainSocketEndPoint(path + ".moved"));
        File.Move(path + ".moved", path);
    }
}
