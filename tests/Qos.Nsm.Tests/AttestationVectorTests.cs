using System.Security.Cryptography;
using Qos.Vectors;
using Qos.Verify;

namespace Qos.Nsm.Tests;

/// <summary>Every published document does what its manifest says. Format: docs/protocol/nsm.md, Attestation document.</summary>
public sealed class AttestationVectorTests
{
    private static readonly AttestationVerifier s_aws = new(AwsRoot.Der);

    private static DateTimeOffset Unix(long seconds) => DateTimeOffset.FromUnixTimeSeconds(seconds);

    [Fact]
    public void The_pinned_root_is_AWSs()
    {
        Assert.Equal(
            "641a0321a3e244efe456463195d606317ed7cdcc3c1756e09893f3c68f79bb5b",
            Convert.ToHexStringLower(SHA256.HashData(AwsRoot.Der)));
        string pem = VectorFiles.Text("qos", "aws_root_cert.pem");
        PemFields fields = PemEncoding.Find(pem);
        Assert.Equal(Convert.FromBase64String(pem[fields.Base64Data]), AwsRoot.Der.ToArray());
    }

    [Fact]
    public void Every_document_is_in_the_manifest() => Assert.Equal(
        Directory.GetFiles(VectorFiles.PathOf("attestation"), "*.cbor").Select(static path => Path.GetFileName(path)).Order(StringComparer.Ordinal),
        AttestationVectors.All.Select(static entry => entry.File).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(AttestationVectors.Files), MemberType = typeof(AttestationVectors))]
    public void Its_fields_are_read(string file)
    {
        AttestationVectors.Entry expected = AttestationVectors.Of(file);
        AttestationDocument document = AttestationDocument.Parse(expected.Bytes);

        Assert.Equal(expected.ModuleId, document.ModuleId);
        Assert.Equal(expected.TimestampMs, document.Timestamp);
        Assert.Equal(expected.PcrCount, document.Pcrs.Count);
        AssertBytes(expected.UserData, document.UserData);
        AssertBytes(expected.PublicKey, document.PublicKey);
        AssertBytes(expected.Nonce, document.Nonce);
        foreach ((int index, ReadOnlyMemory<byte> value) in document.Pcrs)
            Assert.Equal(expected.NonZeroPcrs.GetValueOrDefault(index, new string('0', 96)), Convert.ToHexStringLower(value.Span));
    }

    [Theory]
    [MemberData(nameof(AttestationVectors.ValidFiles), MemberType = typeof(AttestationVectors))]
    public void A_valid_one_verifies_within_its_window_and_not_a_second_beside_it(string file)
    {
        AttestationVectors.Entry expected = AttestationVectors.Of(file);
        AttestationDocument document = AttestationDocument.Parse(expected.Bytes);

        s_aws.Verify(document, Unix(expected.Time));
        s_aws.Verify(document, document.Time);
        s_aws.Verify(document, Unix(expected.WindowStart));
        s_aws.Verify(document, Unix(expected.WindowEnd));
        Assert.Equal(AttestationError.NotYetValid, ErrorAt(document, Unix(expected.WindowStart - 1)));
        Assert.Equal(AttestationError.Expired, ErrorAt(document, Unix(expected.WindowEnd + 1)));
        Assert.All(new AttestationExaminer(AwsRoot.Der).Examine(document, Unix(expected.Time)), finding => Assert.True(finding.Passed));
    }

    [Fact]
    public void One_of_another_root_is_refused_under_AWSs_and_only_its_own_takes_it()
    {
        AttestationVectors.Entry expected = Assert.Single(AttestationVectors.All, entry => !entry.Valid);
        AttestationDocument document = AttestationDocument.Parse(expected.Bytes);
        Assert.Equal(AttestationError.NamesNotChained, ErrorAt(document, Unix(expected.Time)));
    }

    [Fact]
    public void The_references_document_verifies_at_the_reference_s_time()
    {
        AttestationDocument document = AttestationDocument.Parse(VectorFiles.Bytes("qos", "qos_nsm-static", "mock_attestation_doc"));
        s_aws.Verify(document, Unix(1657117192));
        Assert.Equal(800, document.PublicKey?.Length);
    }

    [Fact]
    public void The_document_of_2026_has_32_PCRs_and_its_setup_commitment()
    {
        AttestationDocument document = AttestationDocument.Parse(VectorFiles.Bytes("qos", "tvc", "attestation_doc.cbor"));
        s_aws.Verify(document, Unix(1782779620));
        Assert.Equal(Enumerable.Range(0, 32), document.Pcrs.Keys.Order());

        byte[] manifestHash = SHA256.HashData(VectorFiles.Bytes("qos", "tvc", "manifest.borsh"));
        Assert.Equal(manifestHash, document.UserData!.Value.ToArray());
        ManifestCommitment setup = ManifestCommitment.Setup(document.PublicKey!.Value.Span, manifestHash);
        Assert.Equal(setup.Pcr.ToArray(), document.Pcrs[16].ToArray());
    }

    private static AttestationError ErrorAt(AttestationDocument document, DateTimeOffset time) =>
        Assert.Throws<AttestationException>(() => s_aws.Verify(document, time)).Error;

    /// <summary>The manifest abbreviates long values as "N bytes HEX..".</summary>
    private static void AssertBytes(string? expected, ReadOnlyMemory<byte>? actual)
    {
        if (expected is not null && expected.Contains("bytes", StringComparison.Ordinal))
        {
            string[] parts = expected.Split(' ');
            Assert.Equal(int.Parse(parts[0]), actual!.Value.Length);
            Assert.StartsWith(parts[2].TrimEnd('.'), Convert.ToHexStringLower(actual.Value.Span), StringComparison.Ordinal);
            return;
        }

        Assert.Equal(expected, actual is { } bytes ? Convert.ToHexStringLower(bytes.Span) : null);
    }
}
