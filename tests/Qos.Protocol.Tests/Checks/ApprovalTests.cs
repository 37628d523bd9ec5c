using System.Numerics;
using System.Text;

namespace Qos.Protocol.Tests;

/// <summary>Approvals, in the order in which they are checked. Format: docs/protocol/manifest.md, Envelope.</summary>
public sealed class ApprovalTests
{
    [Theory]
    [InlineData(ManifestVersion.V0)]
    [InlineData(ManifestVersion.V1)]
    [InlineData(ManifestVersion.V2)]
    public void Enough_valid_approvals_hold(ManifestVersion version)
    {
        Manifest manifest = Sample.Manifest(version);
        ApprovalChecks.CheckManifestApprovals(Sample.Envelope(manifest, 0, 1));
        ApprovalChecks.CheckManifestApprovals(Sample.Envelope(manifest, 2, 0));
        ApprovalChecks.CheckManifestApprovals(Sample.Envelope(manifest, 0, 1, 2));
    }

    [Fact]
    public void One_approval_too_few_is_refused()
    {
        Assert.Equal(ProtocolErrorCode.NotEnoughApprovals, Check(Sample.Envelope(Sample.Manifest(), 1)));
        Assert.Equal(ProtocolErrorCode.NotEnoughApprovals, Check(Sample.Envelope(Sample.Manifest())));
    }

    [Fact]
    public void The_same_member_counts_once_even_with_another_signature()
    {
        Manifest manifest = Sample.Manifest();
        Assert.Equal(ProtocolErrorCode.DuplicateApproval, Check(Sample.Envelope(manifest, 0, 0)));

        // (r, n - s) verifies as well as (r, s).
        Approval approval = Sample.Approve(manifest, 0);
        var order = BigInteger.Parse("0ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", System.Globalization.NumberStyles.HexNumber, null);
        byte[] signature = approval.Signature.ToArray();
        BigInteger s = order - new BigInteger(signature.AsSpan(32), isUnsigned: true, isBigEndian: true);
        byte[] malleated = s.ToByteArray(isUnsigned: true, isBigEndian: true);
        signature.AsSpan(32).Clear();
        malleated.CopyTo(signature.AsSpan(64 - malleated.Length));
        var other = new Approval(signature, approval.Member);
        Assert.True(Sample.Keys[0].PublicKey.Verify(manifest.Hash(), signature));
        Assert.Equal(ProtocolErrorCode.DuplicateApproval, Check(new ManifestEnvelope(manifest, [approval, other], [])));
    }

    [Fact]
    public void One_key_in_two_cases_is_one_member()
    {
        ManifestEnvelope envelope = Sample.Envelope(Sample.Manifest(), 0, 0);
        string json = Encoding.UTF8.GetString(ManifestEnvelopeFormat.Write(envelope));
        string key = Sample.Keys[0].PublicKey.ToHex();
        int at = json.IndexOf(key, json.IndexOf("manifestSetApprovals", StringComparison.Ordinal), StringComparison.Ordinal);
        string upper = json[..at] + key.ToUpperInvariant() + json[(at + key.Length)..];
        Assert.Equal(ProtocolErrorCode.DuplicateApproval, Check(ManifestEnvelopeFormat.Read(Encoding.UTF8.GetBytes(upper))));
    }

    [Fact]
    public void A_signature_over_another_manifest_is_refused_with_the_approval()
    {
        Manifest manifest = Sample.Manifest();
        Approval foreign = Sample.Approve(manifest with { Namespace = manifest.Namespace with { Nonce = 8 } }, 0);
        var envelope = new ManifestEnvelope(manifest, [Sample.Approve(manifest, 1), foreign], []);
        ProtocolError error = Assert.Throws<ProtocolException>(() => ApprovalChecks.CheckManifestApprovals(envelope)).Error;
        Assert.Equal(ProtocolError.InvalidManifestApproval(foreign), error);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(63)]
    [InlineData(65)]
    public void A_signature_of_another_length_is_refused(int length)
    {
        Manifest manifest = Sample.Manifest();
        var envelope = new ManifestEnvelope(manifest, [new Approval(new byte[length], Sample.Member(0))], []);
        Assert.Equal(ProtocolErrorCode.InvalidManifestApproval, Check(envelope));
    }

    [Fact]
    public void A_stranger_or_a_member_under_another_alias_is_refused()
    {
        Manifest manifest = Sample.Manifest();
        Assert.Equal(ProtocolErrorCode.NotManifestSetMember, Check(Sample.Envelope(manifest, 0, 1, 4)));
        Approval renamed = Sample.Approve(manifest, 0) with { Member = Sample.Member(0) with { Alias = "member-1" } };
        Assert.Equal(ProtocolErrorCode.NotManifestSetMember, Check(new ManifestEnvelope(manifest, [renamed], [])));
    }

    [Fact]
    public void The_signature_is_checked_before_the_membership()
    {
        Manifest manifest = Sample.Manifest();
        var envelope = new ManifestEnvelope(manifest, [new Approval(new byte[64], Sample.Member(4))], []);
        Assert.Equal(ProtocolErrorCode.InvalidManifestApproval, Check(envelope));
    }

    [Fact]
    public void Distinct_members_are_checked_first()
    {
        Manifest manifest = Sample.Manifest();
        QuorumMember first = Sample.Member(0);
        byte[] mixed = [.. first.PubKey.Span[..65], .. Sample.Member(1).PubKey.Span[65..]];
        foreach (QuorumMember twin in new QuorumMember[]
        {
            first,
            first with { Alias = "another" },
            Sample.Member(1) with { Alias = first.Alias },
            new("mixed", mixed),
            new("mixed", (byte[])[.. Sample.Member(1).PubKey.Span[..65], .. first.PubKey.Span[65..]]),
        })
        {
            Manifest twins = manifest with { ManifestSet = new MemberSet(2, [first, Sample.Member(2), twin]) };
            Assert.Equal(ProtocolErrorCode.DuplicateQuorumMember, Check(Sample.Envelope(twins)));
        }
    }

    [Fact]
    public void A_member_whose_key_is_none_is_refused()
    {
        Manifest manifest = Sample.Manifest();
        manifest = manifest with { ManifestSet = new MemberSet(2, [.. manifest.ManifestSet.Members, new QuorumMember("x", new byte[130])]) };
        Assert.Equal(ProtocolErrorCode.P256Error, Check(Sample.Envelope(manifest, 0, 1)));
    }

    private static ProtocolErrorCode Check(ManifestEnvelope envelope) =>
        Sample.Refused(() => ApprovalChecks.CheckManifestApprovals(envelope));
}
