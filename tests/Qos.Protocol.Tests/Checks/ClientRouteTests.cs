namespace Qos.Protocol.Tests.Checks;

/// <summary>Two halves of a bridge work the same routes out from one manifest. Format: docs/protocol/host.md, Bridges.</summary>
public class ClientRouteTests
{
    private static readonly BridgeConfig[] s_bridges =
    [
        new BridgeConfig.Server(3000, "0.0.0.0"),
        new BridgeConfig.Client(443, "one.example"),
        new BridgeConfig.Client(443, "two.example"),
        new BridgeConfig.Client(80, "Two.Example."),
        new BridgeConfig.Client(443, "192.0.2.7"),
        new BridgeConfig.Client(9000, null),
    ];

    [Fact]
    public void Every_host_has_an_address_and_the_first_of_a_port_is_at_localhost_too() => Assert.Equal(
        [
            "443 at 127.0.0.1:443, 127.1.0.1:443",
            "65979 at 127.1.0.2:443",
            "80 at 127.0.0.1:80, 127.1.0.2:80",
            "131515 at 127.1.0.3:443",
            "9000 at 127.0.0.1:9000",
        ],
        ClientRoute.Of(s_bridges).Select(static route => $"{route.HostPort} at {string.Join(", ", route.EndPoints)}"));

    [Fact]
    public void Hosts_beyond_a_byte_have_addresses_of_their_own()
    {
        var all = ClientRoute.Of(Enumerable.Range(1, 70_000).Select(static i => new BridgeConfig.Client((ushort)(1 + (i % 60_000)), $"h{i}.example")));
        Assert.Equal(70_000, all.Select(static route => route.Address!.ToString()).Distinct().Count());
        Assert.Equal(["127.1.1.0", "127.2.0.0"], [all[255].Address!.ToString(), all[65_535].Address!.ToString()]);
        Assert.Equal(70_000, all.Select(static route => route.HostPort).Distinct().Count());
    }

    [Theory]
    [InlineData("a.example", "b.example", true)]
    [InlineData("a.example", "192.0.2.1", true)]
    [InlineData("a.example", "A.EXAMPLE.", false)]
    [InlineData("a.example", null, false)]
    [InlineData(null, null, false)]
    public void A_port_is_shared_by_clients_to_different_hosts_alone(string? first, string? second, bool isTaken)
    {
        string? refusal = BootChecks.DescribeBridges([new BridgeConfig.Client(443, first), new BridgeConfig.Client(443, second)]);
        Assert.Equal(isTaken ? null : "two bridges have port 443; choose distinct ones", refusal);
        Assert.NotNull(BootChecks.DescribeBridges([new BridgeConfig.Client(443, first), new BridgeConfig.Server(443, "0.0.0.0")]));
        Assert.NotNull(BootChecks.DescribeBridges([new BridgeConfig.Server(443, "0.0.0.0"), new BridgeConfig.Client(443, first)]));
    }
}
