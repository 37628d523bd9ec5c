using System.Net;
using System.Net.Sockets;
using Qos.Runtime.Tests.Pivot;

namespace Qos.Runtime.Tests.Network;

/// <summary>The pivot's network on one machine. Needs the right to make namespaces, as root has it.</summary>
[Collection(RealProcesses.Name)]
public sealed class NetworkIsolationTests
{
    [Fact]
    public async Task An_isolated_pivot_sees_a_loopback_interface_that_is_up_and_nothing_else()
    {
        using NetworkIsolation network = Create();
        using var run = new PivotRun(options => options with { Network = network });
        await run.Start(run.PublishScript("cat /proc/net/dev /proc/net/fib_trie > \"$1\"") with
        {
            Environment = [new("PATH", "/usr/bin:/bin")],
            Arguments = [run.Folder["out"]],
        });
        string seen = File.ReadAllText(run.Folder["out"]);
        Assert.Equal(["lo"], seen.Split('\n').Where(line => line.Contains(": ", StringComparison.Ordinal)).Select(line => line.Split(':')[0].Trim()));
        Assert.Contains("127.0.0.1", seen, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_port_can_be_listened_on_inside_and_outside()
    {
        using NetworkIsolation network = Create();
        using var outside = new TcpListener(IPAddress.Loopback, 0);
        outside.Start();
        int port = ((IPEndPoint)outside.LocalEndpoint).Port;
        NetworkIsolation.Run(network, () =>
        {
            using var inside = new TcpListener(IPAddress.Loopback, port);
            inside.Start();
            using var client = new TcpClient();
            client.Connect(IPAddress.Loopback, port);
            Assert.True(inside.Pending());
        });
        Assert.False(outside.Pending());
    }

    private static NetworkIsolation Create()
    {
        NetworkIsolation? network = NetworkIsolation.TryCreate(out string? whyNot);
        Assert.True(network is not null, whyNot);
        return network;
    }
}
