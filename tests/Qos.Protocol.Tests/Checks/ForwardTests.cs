namespace Qos.Protocol.Tests;

/// <summary>Which changes of a manifest let a key be forwarded. Format: docs/protocol/messages.md, Key forwarding.</summary>
public sealed class ForwardTests
{
    [Fact]
    public void The_same_manifest_and_a_later_one_are_taken()
    {
        Manifest current = Sample.Manifest();
        ForwardChecks.CheckSuccessor(current, current);
        Manifest next = Later(current) with
        {
            Pivot = current.Pivot with { Hash = new byte[32] },
            ShareSet = current.ManifestSet,
            Enclave = current.Enclave with { Pcr0 = Sample.Pcr(1), Pcr1 = Sample.Pcr(2), Pcr2 = Sample.Pcr(3) },
        };
        ForwardChecks.CheckSuccessor(current, next);
        ForwardChecks.CheckPcr3(current, next);
        Assert.Empty(ForwardChecks.Differences(current, next));
    }

    [Fact]
    public void Versions_may_differ()
    {
        Manifest next = Later(Sample.Manifest());
        ForwardChecks.CheckSuccessor(Sample.Manifest(ManifestVersion.V0), next);
        ForwardChecks.CheckSuccessor(Sample.Manifest(ManifestVersion.V1), next);
    }

    [Fact]
    public void The_manifest_sets_order_does_not_count_its_threshold_and_aliases_do()
    {
        Manifest current = Sample.Manifest();
        MemberSet set = current.ManifestSet;
        ForwardChecks.CheckSuccessor(current, Later(current) with { ManifestSet = set with { Members = [.. set.Members.Reverse()] } });
        foreach (MemberSet other in new[]
        {
            set with { Threshold = 3 },
            set with { Members = [.. set.Members.Take(2)] },
            set with { Members = [.. set.Members, Sample.Member(4)] },
            set with { Members = [.. set.Members.Take(2), set.Members[2] with { Alias = "x" }] },
            set with { Members = [set.Members[0], set.Members[0], set.Members[1]] },
        })
            Assert.Equal(ProtocolErrorCode.DifferentManifestSet, Successor(current, Later(current) with { ManifestSet = other }));
    }

    [Fact]
    public void Key_name_and_nonce_are_compared()
    {
        Manifest current = Sample.Manifest();
        ManifestNamespace ns = current.Namespace;
        Assert.Equal(ProtocolErrorCode.DifferentQuorumKey, Successor(current, Named(current, ns with { QuorumKey = Sample.Keys[0].PublicKey.Memory })));
        Assert.Equal(ProtocolErrorCode.DifferentNamespaceName, Successor(current, Named(current, ns with { Name = "other" })));
        Assert.Equal(ProtocolErrorCode.LowNonce, Successor(current, Named(current, ns with { Nonce = 6 })));
        Assert.Equal(
            ProtocolError.LowNonce(7, 6),
            Assert.Throws<ProtocolException>(() => ForwardChecks.CheckSuccessor(current, Named(current, ns with { Nonce = 6 }))).Error);
        Assert.Equal(ProtocolErrorCode.DifferentManifest, Successor(current, current with { Pivot = current.Pivot with { DebugMode = true } }));
    }

    [Fact]
    public void Pcr3_is_compared_last()
    {
        Manifest current = Sample.Manifest();
        Manifest next = Later(current) with { Enclave = current.Enclave with { Pcr3 = Sample.Pcr(9) } };
        ForwardChecks.CheckSuccessor(current, next);
        Assert.Equal(ProtocolErrorCode.DifferentPcr3, Sample.Refused(() => ForwardChecks.CheckPcr3(current, next)));
    }

    [Fact]
    public void All_differences_come_in_the_specifications_order()
    {
        Manifest current = Sample.Manifest();
        Manifest next = current with
        {
            Namespace = new ManifestNamespace("other", 1, Sample.Keys[0].PublicKey.Memory),
            ManifestSet = current.ShareSet,
            Enclave = current.Enclave with { Pcr3 = Sample.Pcr(9) },
        };
        Assert.Equal(
            [
                ProtocolErrorCode.DifferentQuorumKey,
                ProtocolErrorCode.DifferentManifestSet,
                ProtocolErrorCode.DifferentNamespaceName,
                ProtocolErrorCode.LowNonce,
                ProtocolErrorCode.DifferentPcr3,
            ],
            ForwardChecks.Differences(current, next).Select(static error => error.Code));
        Assert.Equal(ProtocolErrorCode.DifferentQuorumKey, Successor(current, next));
    }

    private static Manifest Later(Manifest manifest) => Named(manifest, manifest.Namespace with { Nonce = manifest.Namespace.Nonce + 1 });

    private static Manifest Named(Manifest manifest, ManifestNamespace ns) => manifest with { Namespace = ns };

    private static ProtocolErrorCode Successor(Manifest current, Manifest next) =>
        Sample.Refused(() => ForwardChecks.CheckSuccessor(current, next));
}
