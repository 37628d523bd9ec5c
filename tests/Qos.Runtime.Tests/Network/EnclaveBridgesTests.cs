using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Qos.Node;
using Qos.Protocol;
using Qos.Runtime.Tests.Pivot;
using Qos.Transport;

namespace Qos.Runtime.Tests.Network;

/// <summary>The enclave's half of the bridges, with the app in an isolated network. Format: docs/protocol/host.md, Bridges.</summary>
[Collection(RealProcesses.Name)]
public sealed class EnclaveBridgesTests
{
    private const ushort Port = 8080;

    [Fact]
    public async Task A_server_port_leads_from_the_host_to_the_app()
    {
        using var folder = new TestFolder();
        using NetworkIsolation? network = NetworkIsolation.TryCreate(out _);
        EnclaveAddress address = EnclaveAddress.Unix(folder["s"]);
        await using EnclaveBridges bridges = Open(address, new PivotLaunch { Path = "", Sha256 = default, Bridges = [new BridgeConfig.Server(Port, "0.0.0.0")] }, network);
        TcpListener? app = null;
        NetworkIsolation.Run(network, () => (app = new TcpListener(IPAddress.Loopback, Port)).Start());

        using EnclaveStream host = await address.ConnectAsync(Port);
        using TcpClient served = await app!.AcceptTcpClientAsync();
        await Talk(host, served.GetStream());
        app.Dispose();
    }

    [Fact]
    public async Task A_client_port_leads_from_the_app_to_the_host()
    {
        using var folder = new TestFolder();
        using NetworkIsolation? network = NetworkIsolation.TryCreate(out _);
        EnclaveAddress address = EnclaveAddress.Unix(folder["s"]);
        using var host = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        host.Bind(new UnixDomainSocketEndPoint(address.ListenOnHost(Port).ToString()!));
        host.Listen();
        await using EnclaveBridges bridges = Open(address, new PivotLaunch { Path = "", Sha256 = default, Bridges = [new BridgeConfig.Client(Port, "host")] }, network);

        using var app = new TcpClient();
        NetworkIsolation.Run(network, () => app.Client = Connect());
        using Socket reached = await host.AcceptAsync();
        await Talk(app.GetStream(), new NetworkStream(reached));
    }

    [Fact]
    public async Task Without_bridges_nothing_is_open()
    {
        using var folder = new TestFolder();
        await using EnclaveBridges bridges = Open(EnclaveAddress.Unix(folder["s"]), new PivotLaunch { Path = "", Sha256 = default }, null);
        Assert.Empty(bridges.Statuses);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    private static Socket Connect()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(IPAddress.Loopback, Port);
        return socket;
    }

    private static EnclaveBridges Open(EnclaveAddress address, PivotLaunch launch, NetworkIsolation? network) =>
        EnclaveBridges.Open(address, launch, network, NullLogger<EnclaveBridges>.Instance);

    private static async Task Talk(Stream one, Stream other)
    {
        await one.WriteAsync("request"u8.ToArray());
        byte[] buffer = new byte[16];
        Assert.Equal(7, await other.ReadAtLeastAsync(buffer, 7));
        await other.WriteAsync("answer"u8.ToArray());
        Assert.Equal(6, await one.ReadAtLeastAsync(buffer, 6));
    }
}
