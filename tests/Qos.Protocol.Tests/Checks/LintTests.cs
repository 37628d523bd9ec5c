namespace Qos.Protocol.Tests;

/// <summary>Each row of "Ours, when a manifest is made, shown or approved". Specification: manifest.</summary>
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

    private static void One(LintSeverity severity, string where, EnclaveConfig enclave) =>
        One(severity, where, Sample.Manifest() with { Enclave = enclave });

    private static void One(LintSeverity severity, string where, Manifest manifest)
    {
        LintFinding finding = Assert.Single(ManifestLint.Check(manifest));
        Assert.Equal((severity, where), (finding.Severity, finding.Where));
    }
}
