namespace Qos.Protocol.Tests;

/// <summary>Each row of "Ours, at boot". Format: docs/protocol/manifest.md.</summary>
public sealed class BootCheckTests
{
    [Theory]
    [InlineData(ManifestVersion.V0)]
    [InlineData(ManifestVersion.V1)]
    [InlineData(ManifestVersion.V2)]
    public void A_plain_manifest_boots(ManifestVersion version) => BootChecks.Check(Sample.Manifest(version));

    [Theory]
    [InlineData(0u)]
    [InlineData(4u)]
    [InlineData(uint.MaxValue)]
    public void A_threshold_is_at_least_one_and_at_most_the_members(uint threshold)
    {
        Manifest manifest = Sample.Manifest();
        Refused(ProtocolErrorCode.QosCrypto, "manifest set", manifest with { ManifestSet = manifest.ManifestSet with { Threshold = threshold } });
        Refused(ProtocolErrorCode.QosCrypto, "share set", manifest with { ShareSet = manifest.ShareSet with { Threshold = threshold } });
    }

    [Fact]
    public void A_share_set_has_a_threshold_that_a_key_can_be_split_for()
    {
        Manifest manifest = Sample.Manifest();
        QuorumMember[] many = [.. Enumerable.Range(0, 256).Select(static n => new QuorumMember($"m{n}", (byte[])[(byte)(n >> 8), (byte)n, 0, (byte)n]))];
        BootChecks.Check(manifest with { ShareSet = new MemberSet(255, many) });
        BootChecks.Check(manifest with { ManifestSet = new MemberSet(256, many) });
        Refused(ProtocolErrorCode.QosCrypto, "at most 255 shares", manifest with { ShareSet = new MemberSet(256, many) });
    }

    [Fact]
    public void A_share_set_of_which_one_member_is_enough_boots_as_in_the_reference()
    {
        Manifest manifest = Sample.Manifest();
        BootChecks.Check(manifest with { ShareSet = manifest.ShareSet with { Threshold = 1 } });
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("256.1.1.1")]
    [InlineData("1.2.3")]
    [InlineData("01.2.3.4")]
    [InlineData("2130706433")]
    [InlineData("0x7f000001")]
    [InlineData("0x7f.1")]
    [InlineData("0X7F.0.0.0x1")]
    [InlineData("*")]
    [InlineData("*.github.com")]
    [InlineData("1.2.3.4:8443")]
    [InlineData("api.example.com:443")]
    [InlineData("fe80::1%eth0")]
    [InlineData(":::1")]
    [InlineData("a b")]
    [InlineData("a..b")]
    [InlineData("http://x")]
    [InlineData("api.example.com/path")]
    [InlineData("x\u0000y")]
    public void A_bridge_s_address_that_no_host_can_use_is_refused(string host)
    {
        Bridges("port 4000", new BridgeConfig.Client(4000, host));
        Bridges("port 4000", new BridgeConfig.Server(4000, host));
    }

    [Fact]
    public void A_bridge_s_name_is_no_longer_than_names_are()
    {
        string label = new('a', 63);
        string longest = string.Join('.', label, label, label, new string('b', 61));
        BootChecks.Check(WithBridges(new BridgeConfig.Client(4000, longest)));
        Bridges("254 characters", new BridgeConfig.Client(4000, longest + "b"));
        Bridges("neither an address nor a name", new BridgeConfig.Client(4000, new string('a', 64)));
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    [InlineData("[::1]")]
    [InlineData("::ffff:1.2.3.4")]
    [InlineData("localhost")]
    [InlineData("api.example.com")]
    [InlineData("api.example.com.")]
    [InlineData("3.example")]
    [InlineData("0x7f.example")]
    [InlineData("_service.example")]
    [InlineData("xn--bcher-kva.example")]
    [InlineData("b\u00fccher.example")]
    public void A_bridge_s_address_that_some_host_can_use_boots(string host) =>
        BootChecks.Check(WithBridges(new BridgeConfig.Client(4000, host), new BridgeConfig.Server(4001, host), new BridgeConfig.Client(4002, null)));

    [Fact]
    public void An_empty_set_is_refused() =>
        Refused(ProtocolErrorCode.QosCrypto, "share set", Sample.Manifest() with { ShareSet = new MemberSet(0, []) });

    [Fact]
    public void Share_set_members_are_distinct()
    {
        Manifest manifest = Sample.Manifest();
        QuorumMember first = Sample.Member(3);
        foreach (QuorumMember twin in new[]
        {
            first with { Alias = "another" },
            Sample.Member(4) with { Alias = first.Alias },
            new QuorumMember("mixed", (byte[])[.. Sample.Member(4).PubKey.Span[..65], .. first.PubKey.Span[65..]]),
        })
        {
            Manifest twins = manifest with { ShareSet = new MemberSet(2, [first, Sample.Member(5), twin]) };
            Assert.Equal(ProtocolErrorCode.DuplicateQuorumMember, Sample.Refused(() => BootChecks.Check(twins)));
        }
    }

    [Fact]
    public void A_share_set_member_whose_key_is_none_boots_as_in_the_reference()
    {
        Manifest manifest = Sample.Manifest();
        BootChecks.Check(manifest with { ShareSet = new MemberSet(2, [.. manifest.ShareSet.Members, new QuorumMember("lost", new byte[3])]) });
    }

    [Fact]
    public void A_member_of_both_sets_boots()
    {
        Manifest manifest = Sample.Manifest();
        BootChecks.Check(manifest with { ShareSet = manifest.ManifestSet });
    }

    [Fact]
    public void Bridge_ports_are_distinct_not_zero_and_not_ours()
    {
        Bridges("port 0", new BridgeConfig.Server(0, "0.0.0.0"));
        Bridges("port 3", new BridgeConfig.Server(3, "0.0.0.0"));
        Bridges("port 3", new BridgeConfig.Client(3, null));
        Bridges("port 9000", new BridgeConfig.Client(9000, "a"));
        Bridges("two bridges", new BridgeConfig.Server(80, "0.0.0.0"), new BridgeConfig.Server(80, "127.0.0.1"));
        Bridges("two bridges", new BridgeConfig.Server(80, "0.0.0.0"), new BridgeConfig.Client(80, null));
        BootChecks.Check(WithBridges(new BridgeConfig.Server(1, "0.0.0.0"), new BridgeConfig.Server(9000, "0.0.0.0"), new BridgeConfig.Client(65535, null)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("1A")]
    [InlineData("A-B")]
    [InlineData("A=B")]
    [InlineData("É")]
    [InlineData("A\0")]
    public void A_variables_name_is_plain(string name) =>
        Refused(ProtocolErrorCode.InvalidPivotEnv, "name", Sample.WithEnv((name, "x")));

    [Fact]
    public void Variables_obey_their_limits()
    {
        BootChecks.Check(Sample.WithEnv(("_a9", ""), (new string('A', 1024), new string('é', 32_768))));
        Refused(ProtocolErrorCode.InvalidPivotEnv, "1025", Sample.WithEnv((new string('A', 1025), "")));
        Refused(ProtocolErrorCode.InvalidPivotEnv, "65537", Sample.WithEnv(("A", new string('x', 65_537))));
        Refused(ProtocolErrorCode.InvalidPivotEnv, "65538", Sample.WithEnv(("A", new string('é', 32_769))));
        Refused(ProtocolErrorCode.InvalidPivotEnv, "NUL", Sample.WithEnv(("A", "x\0y")));
        BootChecks.Check(Sample.WithEnv([.. Enumerable.Range(0, 512).Select(static n => ($"A{n}", ""))]));
        Refused(ProtocolErrorCode.InvalidPivotEnv, "513", Sample.WithEnv([.. Enumerable.Range(0, 513).Select(static n => ($"A{n}", ""))]));
    }

    [Fact]
    public void What_cannot_reach_the_pivot_is_refused()
    {
        // Each variable obeys its own limit; together they are more than Linux hands to a program.
        Refused(ProtocolErrorCode.InvalidPivotEnv, "together", Sample.WithEnv([.. Enumerable.Range(0, 33).Select(static n => ($"A{n}", new string('x', 65_536)))]));
        BootChecks.Check(Sample.WithEnv([.. Enumerable.Range(0, 31).Select(static n => ($"A{n}", new string('x', 65_536)))]));

        Refused(ProtocolErrorCode.InvalidPivotEnv, "argument", WithArgs(new string('x', 131_072)));
        BootChecks.Check(WithArgs(new string('x', 131_071)));
        Refused(ProtocolErrorCode.InvalidPivotEnv, "NUL", WithArgs("a\0b"));

        // Many short ones weigh by their pointers.
        Refused(ProtocolErrorCode.InvalidPivotEnv, "together", WithArgs([.. Enumerable.Repeat("", 240_000)]));
        BootChecks.Check(WithArgs([.. Enumerable.Repeat("", 200_000)]));
    }

    private static Manifest WithArgs(params string[] args) =>
        Sample.Manifest() with { Pivot = Sample.Manifest().Pivot with { Args = args } };

    private static Manifest WithBridges(params BridgeConfig[] bridges) =>
        Sample.Manifest() with { Pivot = Sample.Manifest().Pivot with { BridgeConfig = bridges } };

    private static void Bridges(string says, params BridgeConfig[] bridges) =>
        Refused(ProtocolErrorCode.InvalidPivotEnv, says, WithBridges(bridges));

    private static void Refused(ProtocolErrorCode code, string says, Manifest manifest)
    {
        ProtocolError error = Assert.Throws<ProtocolException>(() => BootChecks.Check(manifest)).Error;
        Assert.Equal(code, error.Code);
        Assert.Contains(says, ((ProtocolErrorPayload.Text)error.Payload!).Value, StringComparison.Ordinal);
    }
}
