using System.Net;
using System.Net.Sockets;
using System.Text;
using Qos.EndToEnd.Local;
using Qos.Protocol;

namespace Qos.EndToEnd.Tests;

/// <summary>A client bridge reaches what its name leads to now, wherever that has moved. The host has a hosts file of its own.</summary>
public sealed class ClientBridgeTests(ITestOutputHelper output) : NodeTests(output)
{
    [RootFact]
    public async Task A_name_that_moves_is_followed_and_all_its_addresses_are_tried()
    {
        string hosts = Path.GetTempFileName();
        try
        {
            using var quorum = Quorum.Deal();
            await using LocalNode node = await NodeAsync(new NodeSetup
            {
                HostWrapper = ["unshare", "--mount", "sh", "-c", "mount --bind \"$0\" /etc/hosts && exec \"$@\"", hosts],
            });
            using Socket first = Listen("127.0.0.2", 0);
            ushort port = (ushort)((IPEndPoint)first.LocalEndPoint!).Port;
            using Socket second = Listen("127.0.0.3", port);
            await File.WriteAllTextAsync(hosts, "127.0.0.2 svc.test\n");
            Manifest manifest = quorum.Manifest(node, Quiet);
            await node.RunAsync(quorum, manifest with { Pivot = manifest.Pivot with { BridgeConfig = [new BridgeConfig.Client(port, "svc.test")] } }, Quiet);
            string bridge = $"{node.Socket}.host_{port}";
            await Eventually.TrueAsync(() => File.Exists(bridge), () => $"The bridge does not open.\n{node.Log}");
            await ReachesAsync(node, bridge, "127.0.0.2");

            await File.WriteAllTextAsync(hosts, "127.0.0.3 svc.test\n");
            await ReachesAsync(node, bridge, "127.0.0.3");

            // Nobody listens at the first of the two.
            await File.WriteAllTextAsync(hosts, "127.0.0.9 svc.test\n127.0.0.2 svc.test\n");
            await ReachesAsync(node, bridge, "127.0.0.2");
        }
        finally
        {
            File.Delete(hosts);
        }
    }

    private static Task ReachesAsync(LocalNode node, string bridge, string address)
    {
        string last = "";
        return Eventually.TrueAsync(async () => (last = await AskAsync(bridge)) == address, () => $"The bridge reaches '{last}' and not {address}.\n{node.Log}");
    }

    private static async Task<string> AskAsync(string bridge)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(bridge));
        byte[] answer = new byte[64];
        try
        {
            return Encoding.ASCII.GetString(answer, 0, await socket.ReceiveAsync(answer));
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode.ToString();
        }
    }

    /// <summary>A server that tells its own address to everybody who connects.</summary>
    private static Socket Listen(string address, int port)
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Parse(address), port));
        listener.Listen();
        _ = ServeAsync(listener, Encoding.ASCII.GetBytes(address));
        return listener;
    }

    private static async Task ServeAsync(Socket listener, byte[] answer)
    {
        try
        {
            while (true)
            {
                using Socket accepted = await listener.AcceptAsync();
                await accepted.SendAsync(answer);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }
}
