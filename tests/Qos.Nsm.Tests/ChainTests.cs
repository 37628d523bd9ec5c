using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Qos.Verify;

namespace Qos.Nsm.Tests;

/// <summary>One thing wrong with a chain at a time, and the error that says which. Format: docs/protocol/nsm.md, Verification.</summary>
public sealed class ChainTests
{
    private static readonly Dictionary<string, (TestChain Chain, AttestationError Error)> s_wrong = new()
    {
        ["region is no authority"] = (TestChain.With("region", l => l with { IsAuthority = false, PathLength = null }), AttestationError.NotAnAuthority),
        ["instance has no basicConstraints"] = (TestChain.With("instance", l => l with { HasBasicConstraints = false }), AttestationError.NotAnAuthority),
        ["zone lacks keyCertSign"] = (TestChain.With("zone", l => l with { KeyUsage = X509KeyUsageFlags.DigitalSignature }), AttestationError.MissingKeyCertSign),
        ["zone has no key usage"] = (TestChain.With("zone", l => l with { KeyUsage = null }), AttestationError.MissingKeyCertSign),
        ["region's path is too short"] = (TestChain.With("region", l => l with { PathLength = 1 }), AttestationError.PathTooLong),
        ["root's path is too short"] = (TestChain.With("root", l => l with { PathLength = 2 }), AttestationError.PathTooLong),
        ["leaf is an authority"] = (TestChain.With("leaf", l => l with { IsAuthority = true }), AttestationError.LeafIsAuthority),
        ["leaf may not sign"] = (TestChain.With("leaf", l => l with { KeyUsage = X509KeyUsageFlags.KeyAgreement }), AttestationError.LeafCannotSign),
        ["zone is on P-256"] = (TestChain.With("zone", l => l with { Curve = ECCurve.NamedCurves.nistP256 }), AttestationError.UnsupportedAlgorithm),
        ["instance is on P-521"] = (TestChain.With("instance", l => l with { Curve = ECCurve.NamedCurves.nistP521 }), AttestationError.UnsupportedAlgorithm),
        ["instance is signed with SHA-256"] = (TestChain.With("instance", l => l with { Hash = HashAlgorithmName.SHA256 }), AttestationError.UnsupportedAlgorithm),
        ["leaf is signed with SHA-512"] = (TestChain.With("leaf", l => l with { Hash = HashAlgorithmName.SHA512 }), AttestationError.UnsupportedAlgorithm),
        ["region is not valid yet"] = (TestChain.With("region", l => l with { NotBefore = TestChain.Time.AddSeconds(1) }), AttestationError.NotYetValid),
        ["leaf is not valid yet"] = (TestChain.With("leaf", l => l with { NotBefore = TestChain.Time.AddSeconds(1) }), AttestationError.NotYetValid),
        ["root has expired"] = (TestChain.With("root", l => l with { NotAfter = TestChain.Time.AddSeconds(-1) }), AttestationError.Expired),
        ["instance has expired"] = (TestChain.With("instance", l => l with { NotAfter = TestChain.Time.AddSeconds(-1) }), AttestationError.Expired),
        ["zone names another issuer"] = (TestChain.With("zone", l => l with { IssuerName = "CN=other" }), AttestationError.NamesNotChained),
        ["region names another root"] = (TestChain.With("region", l => l with { IssuerName = "CN=other" }), AttestationError.NamesNotChained),
        ["leaf is signed by a stranger"] = (TestChain.With("leaf", l => l with { SignedByStranger = true }), AttestationError.InvalidChainSignature),
        ["region is signed by a stranger"] = (TestChain.With("region", l => l with { SignedByStranger = true }), AttestationError.InvalidChainSignature),
        ["zone has an unknown critical extension"] = (TestChain.With("zone", l => l with { Extra = Extra(critical: true) }), AttestationError.UnknownCriticalExtension),
        ["leaf has critical name constraints"] =
            (TestChain.With("leaf", l => l with { Extra = new X509Extension("2.5.29.30", [0x30, 0x00], true) }), AttestationError.UnknownCriticalExtension),
        ["leaf straight below root, root's path 0 with an authority between"] =
            (TestChain.Of(new("root", true, 0), new("mid", true), new("leaf", false)), AttestationError.PathTooLong),
    };

    public static TheoryData<string> Wrong => [.. s_wrong.Keys];

    [Fact]
    public void The_default_chain_is_accepted()
    {
        TestChain chain = TestChain.Default();
        Verify(chain);
        Verify(TestChain.With("zone", l => l with { Extra = Extra(critical: false) }));
        Verify(TestChain.With("leaf", l => l with { KeyUsage = null, HasBasicConstraints = false }));
        Verify(TestChain.Of(new("root", true), new("leaf", false)));
        Verify(TestChain.Of(new("root", true, 0), new("leaf", false)));
    }

    [Theory]
    [MemberData(nameof(Wrong))]
    public void A_wrong_chain_is_refused(string what)
    {
        (TestChain chain, AttestationError error) = s_wrong[what];
        var refused = Assert.Throws<AttestationException>(() => Verify(chain));
        Assert.True(refused.Error == error, $"{what}: {refused.Error}, {refused.Message}");
        Assert.DoesNotContain('\n', refused.Message);

        // With a cache, twice: nothing of a refused chain is remembered in a way that lets it pass.
        var cache = new IntermediateCache();
        for (int i = 0; i < 2; i++)
            Assert.Equal(error, Assert.Throws<AttestationException>(() => Examine(chain, cache)).Error);
    }

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Examining_names_the_step_and_goes_on(string what)
    {
        (TestChain chain, AttestationError error) = s_wrong[what];
        AttestationExaminer examiner;
        try
        {
            examiner = new AttestationExaminer(chain.Root);
        }
        catch (AttestationException)
        {
            return;
        }

        IReadOnlyList<AttestationFinding> findings = examiner.Examine(AttestationDocument.Parse(chain.Document()), TestChain.Time);
        Assert.Equal(Enum.GetValues<AttestationStep>(), findings.Select(finding => finding.Step));
        AttestationFinding failed = findings.First(finding => finding.Failure is not null);
        Assert.Equal(error, failed.Failure!.Error);
        Assert.Equal(failed.Step != AttestationStep.Certificates, findings[^1].WasRun);
    }

    [Fact]
    public void Certificates_in_another_order_or_missing_are_refused()
    {
        TestChain chain = TestChain.Default();
        var verifier = new AttestationVerifier(chain.Root);
        int[][] orders = [[0, 2, 1, 3], [0, 1, 2], [0, 2, 3], [0], [1, 2, 3], [0, 1, 1, 2, 3], [3, 2, 1, 0]];
        foreach (int[] order in orders)
        {
            ReadOnlyMemory<byte>[] bundle = [.. order.Select(i => chain.Bundle[i])];
            byte[] document = chain.Document(p => p.Set("cabundle", w => TestPayload.WriteBundle(w, bundle)));
            Assert.Throws<AttestationException>(() => verifier.Verify(AttestationDocument.Parse(document), TestChain.Time));
        }
    }

    [Fact]
    public void The_bundles_first_entry_is_not_used()
    {
        TestChain chain = TestChain.Default();
        ReadOnlyMemory<byte>[] bundle = [new byte[] { 1, 2, 3 }, .. chain.Bundle.Skip(1)];
        byte[] document = chain.Document(p => p.Set("cabundle", w => TestPayload.WriteBundle(w, bundle)));
        new AttestationVerifier(chain.Root).Verify(AttestationDocument.Parse(document), TestChain.Time);
    }

    [Fact]
    public void Another_root_of_the_same_name_is_not_ours()
    {
        TestChain chain = TestChain.Default();
        var verifier = new AttestationVerifier(TestChain.Default().Root);
        var refused = Assert.Throws<AttestationException>(() => verifier.Verify(AttestationDocument.Parse(chain.Document()), TestChain.Time));
        Assert.Equal(AttestationError.InvalidChainSignature, refused.Error);
    }

    [Fact]
    public void What_is_no_authority_cannot_be_a_trust_anchor()
    {
        TestChain chain = TestChain.Default();
        Assert.Equal(AttestationError.NotAnAuthority, Assert.Throws<AttestationException>(() => new AttestationVerifier(chain.Leaf)).Error);
        Assert.Equal(AttestationError.InvalidCertificate, Assert.Throws<AttestationException>(() => new AttestationVerifier([1, 2])).Error);
        Assert.Equal(AttestationError.InvalidCertificate, Assert.Throws<AttestationException>(() => new AttestationVerifier([])).Error);
        Assert.Equal(
            AttestationError.InvalidCertificate,
            Assert.Throws<AttestationException>(() => new AttestationVerifier([.. AwsRoot.Der, 0])).Error);
    }

    [Fact]
    public void Every_cut_and_many_mutations_of_a_certificate_are_read_or_refused_and_nothing_else()
    {
        const int Seed = 7;
        var random = new Random(Seed);
        byte[] leaf = TestChain.Default().Leaf;
        for (int length = 0; length < leaf.Length; length++)
            Assert.Throws<AttestationException>(() => NitroCertificate.Parse(leaf.AsMemory(0, length), "It"));

        for (int i = 0; i < 10_000; i++)
        {
            byte[] mutated = Mutation.Of(leaf, random);
            try
            {
                NitroCertificate.Parse(mutated, "It");
            }
            catch (AttestationException)
            {
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {Seed}, {Convert.ToHexString(mutated)}: {e}");
            }
        }
    }

    private static X509Extension Extra(bool critical) => new("1.2.3.4", [0x05, 0x00], critical);

    private static void Verify(TestChain chain) =>
        new AttestationVerifier(chain.Root).Verify(AttestationDocument.Parse(chain.Document()), TestChain.Time);

    private static void Examine(TestChain chain, IntermediateCache cache) =>
        new AttestationExaminer(chain.Root, cache).Verify(AttestationDocument.Parse(chain.Document()), TestChain.Time);
}
