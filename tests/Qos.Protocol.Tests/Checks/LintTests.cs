using Qos.Client;

namespace Qos.Protocol.Tests;

/// <summary>Each row of "Ours, when a manifest is made, shown or approved". Format: docs/protocol/manifest.md.</summary>
public sealed class LintTests
{
    [Fact]
    public void A_plain_manifest_has_no_findings() => Assert.Empty(ManifestLint.Check(Sample.Manifest(), previousNonce: 6));

    [Fact]
    public void Pcrs_have_48_bytes()
    {
        EnclaveConfig enclave = Sample.Manifest().Enclave;
        One(LintSeverity.Refused, "enclave.pcr0", enclave with { Pcr0 = new byte[47] });
        One(LintSeverity.Refused, "enclave.pcr1", enclave with { Pcr1 = new byte[49] });
        One(LintSeverity.Refused, "enclave.pcr2", enclave with { Pcr2 = default });
        One(LintSeverity.Refused, "enclave.pcr3", enclave with { Pcr3 = new byte[32] });
    }

    [Fact]
    public void Zero_measurements_need_debug_mode()
    {
        EnclaveConfig enclave = Sample.Manifest().Enclave;
        One(LintSeverity.Refused, "enclave.pcr0", enclave with { Pcr0 = new byte[48] });
        One(LintSeverity.Refused, "enclave.pcr1", enclave with { Pcr1 = new byte[48] });
        One(LintSeverity.Refused, "enclave.pcr2", enclave with { Pcr2 = new byte[48] });
        Assert.Empty(ManifestLint.Check(Sample.Manifest() with { Enclave = enclave with { Pcr3 = new byte[48] } }));

        Manifest debug = Sample.Manifest() with
        {
            Pivot = Sample.Manifest().Pivot with { DebugMode = true },
            Enclave = enclave with { Pcr0 = new byte[48], Pcr1 = new byte[48], Pcr2 = new byte[48] },
        };
        LintFinding finding = Assert.Single(ManifestLint.Check(debug));
        Assert.Equal((LintSeverity.Warning, "pivot.debugMode"), (finding.Severity, finding.Where));
    }

    [Fact]
    public void A_threshold_of_one_is_warned_of()
    {
        Manifest manifest = Sample.Manifest();
        One(LintSeverity.Warning, "manifestSet.threshold", manifest with { ManifestSet = manifest.ManifestSet with { Threshold = 1 } });
        One(LintSeverity.Warning, "shareSet.threshold", manifest with { ShareSet = manifest.ShareSet with { Threshold = 1 } });
    }

    [Fact]
    public void A_member_of_both_sets_is_warned_of_whatever_the_alias()
    {
        Manifest manifest = Sample.Manifest();
        One(LintSeverity.Warning, "shareSet.members", manifest with
        {
            ShareSet = new MemberSet(2, [Sample.Member(3), Sample.Member(4), Sample.Member(0) with { Alias = "other" }]),
        });
    }

    [Fact]
    public void A_nonce_that_does_not_grow_is_warned_of()
    {
        Assert.Empty(ManifestLint.Check(Sample.Manifest()));
        Assert.Equal("namespace.nonce", Assert.Single(ManifestLint.Check(Sample.Manifest(), previousNonce: 7)).Where);
        Assert.Equal("namespace.nonce", Assert.Single(ManifestLint.Check(Sample.Manifest(), previousNonce: 8)).Where);
    }

    [Fact]
    public void A_root_that_is_not_aws_is_warned_of() =>
        One(LintSeverity.Warning, "enclave.awsRootCertificate", Sample.Manifest().Enclave with { AwsRootCertificate = new byte[3] });

    [Fact]
    public void What_no_node_boots_is_refused()
    {
        Manifest manifest = Sample.Manifest();
        One(LintSeverity.Refused, "manifestSet.threshold", manifest with { ManifestSet = manifest.ManifestSet with { Threshold = 0 } });
        One(LintSeverity.Refused, "shareSet.threshold", manifest with { ShareSet = manifest.ShareSet with { Threshold = 4 } });
        One(LintSeverity.Refused, "pivot.env", Sample.WithEnv(("1", "x")));
        One(LintSeverity.Refused, "pivot.bridgeConfig", manifest with { Pivot = manifest.Pivot with { BridgeConfig = [new BridgeConfig.Server(3, "")] } });
        One(LintSeverity.Refused, "namespace.quorumKey", manifest with { Namespace = manifest.Namespace with { QuorumKey = new byte[130] } });
        Assert.True(ManifestLint.IsRefused(ManifestLint.Check(Sample.WithEnv(("1", "x")))));
    }

    [Theory]
    [InlineData("", "no name")]
    [InlineData(" \t", "no name")]
    public void A_blank_namespace_is_refused(string name, string says)
    {
        LintFinding finding = Assert.Single(ManifestLint.Check(Named(name)), static finding => finding.Severity == LintSeverity.Refused);
        Assert.Equal("namespace.name", finding.Where);
        Assert.Contains(says, finding.What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_namespace_that_makes_no_file_s_name_is_refused()
    {
        Assert.Empty(ManifestLint.Check(Named(new string('n', 128))));
        One(LintSeverity.Refused, "namespace.name", Named(new string('n', 129)));
        One(LintSeverity.Refused, "namespace.name", Named(new string('é', 65)));
    }

    [Theory]
    [InlineData("production ")]
    [InlineData("prod\u202Euction")]
    public void A_namespace_that_looks_like_another_is_warned_of(string name) => One(LintSeverity.Warning, "namespace.name", Named(name));

    [Theory]
    [InlineData("alice", "Alice")]
    [InlineData("alice", "\uFF41lice")] // fullwidth
    [InlineData("ren\u00e9", "rene\u0301")] // composed, decomposed
    [InlineData("finn", "\uFB01nn")] // ligature
    [InlineData("alice", "\u0430lice")] // Cyrillic
    [InlineData("alice", "alice ")]
    public void Aliases_that_look_alike_are_warned_of(string first, string second)
    {
        Manifest manifest = Sample.Manifest();
        LintFinding finding = Assert.Single(ManifestLint.Check(manifest with
        {
            ManifestSet = new MemberSet(2, [Sample.Member(0) with { Alias = first }, Sample.Member(1) with { Alias = second }, Sample.Member(2)]),
        }));
        Assert.Equal((LintSeverity.Warning, "manifestSet.members"), (finding.Severity, finding.Where));
        Assert.Contains("alike", finding.What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("server", "localhost")]
    [InlineData("server", "256.1.1.1")]
    [InlineData("client", null)]
    [InlineData("client", "1.2.3.4:8443")]
    [InlineData("client", "0.0.0.0")]
    public void A_bridge_that_the_host_cannot_open_is_refused(string kind, string? host)
    {
        BridgeConfig bridge = kind == "server" ? new BridgeConfig.Server(3240, host!) : new BridgeConfig.Client(443, host);
        Manifest manifest = Sample.Manifest();
        One(LintSeverity.Refused, "pivot.bridgeConfig", manifest with { Pivot = manifest.Pivot with { BridgeConfig = [bridge] } });
    }

    [Theory]
    [InlineData("LD_PRELOAD")]
    [InlineData("LD_LIBRARY_PATH")]
    [InlineData("PYTHONPATH")]
    public void A_variable_that_loads_other_code_is_warned_of(string name) =>
        One(LintSeverity.Warning, "pivot.env." + name, Sample.WithEnv((name, "/tmp/x")));

    [Fact]
    public void A_share_set_that_no_key_was_split_for_is_refused()
    {
        QuorumMember[] many = [.. Enumerable.Range(0, 256).Select(static n => new QuorumMember($"m{n}", (byte[])[(byte)(n >> 8), (byte)n, 0, (byte)n]))];
        IReadOnlyList<LintFinding> findings = ManifestLint.Check(Sample.Manifest() with { ShareSet = new MemberSet(256, many) });
        Assert.Contains(findings, static finding => finding.Where == "shareSet.threshold" && finding.What.Contains("255", StringComparison.Ordinal));
        Assert.Contains(findings, static finding => finding.Where == "shareSet.members" && finding.What.Contains("256 members", StringComparison.Ordinal));
    }

    private static Manifest Named(string name) =>
        Sample.Manifest() with { Namespace = Sample.Manifest().Namespace with { Name = name } };

    private static void One(LintSeverity severity, string where, EnclaveConfig enclave) =>
        One(severity, where, Sample.Manifest() with { Enclave = enclave });

    private static void One(LintSeverity severity, string where, Manifest manifest)
    {
        LintFinding finding = Assert.Single(ManifestLint.Check(manifest));
        Assert.Equal((severity, where), (finding.Severity, finding.Where));
    }
}
