using System.Globalization;
using System.Numerics;
using System.Text;
using Qos.Keys;
using Qos.Protocol;

namespace Qos.Verify.Tests;

/// <summary>Bad proofs by their cases, each with the checks that it fails. Format: docs/protocol/proofs.md, Verification; nsm.md, Verification, step 4.</summary>
public sealed class BadProofTests : IDisposable
{
    private static readonly ProofVerifier s_verifier = new(SimulatedDeployment.Options);

    private static readonly BigInteger s_order = BigInteger.Parse(
        "0FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551", NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private readonly SimulatedDeployment _node = new();

    public void Dispose() => _node.Dispose();

    [Fact]
    public void A_key_with_its_halves_exchanged()
    {
        byte[] exchanged = [.. _node.Live.PublicKey.SigningPoint, .. _node.Live.PublicKey.EncryptionPoint];
        AppProof app = _node.App() with { PublicKeyHex = Convert.ToHexStringLower(exchanged) };
        AssertFailures(s_verifier.VerifyAppProof(app, _node.Boot()), CheckNames.AppSignature, CheckNames.KeysApp);
        BootProof boot = _node.Boot() with { EphemeralPublicKeyHex = Convert.ToHexStringLower(exchanged) };
        AssertFailures(s_verifier.VerifyAppProof(_node.App(), boot), CheckNames.KeysBoot);
    }

    [Fact]
    public void The_setup_key_in_the_place_of_the_live_one() =>
        AssertFailures(s_verifier.VerifyAppProof(_node.App(key: _node.Setup), _node.Boot()), CheckNames.KeysApp);

    [Fact]
    public void The_boot_proof_of_another_enclave()
    {
        using var other = new SimulatedDeployment();
        AssertFailures(s_verifier.VerifyAppProof(_node.App(), other.Boot()), CheckNames.KeysApp);
    }

    [Fact]
    public void The_document_of_another_enclave()
    {
        using var other = new SimulatedDeployment();
        AssertFailures(
            s_verifier.VerifyAppProof(_node.App(), _node.Boot() with { AttestationDocument = other.Boot().AttestationDocument }),
            CheckNames.ManifestHash, CheckNames.KeysBoot, CheckNames.KeysApp);
    }

    [Theory]
    [InlineData("r = 0")]
    [InlineData("s = 0")]
    [InlineData("r = n")]
    [InlineData("s = n")]
    [InlineData("r + n")]
    [InlineData("s + 1")]
    [InlineData("r and s exchanged")]
    [InlineData("a byte more")]
    [InlineData("a byte less")]
    [InlineData("DER")]
    [InlineData("a space behind it")]
    public void A_malleated_signature(string what)
    {
        AppProof app = _node.App();
        byte[] signature = Convert.FromHexString(app.SignatureHex);
        BigInteger r = Number(signature.AsSpan(0, 32)), s = Number(signature.AsSpan(32));
        string hex = what switch
        {
            "r = 0" => Text(0, s),
            "s = 0" => Text(r, 0),
            "r = n" => Text(s_order, s),
            "s = n" => Text(r, s_order),
            "r + n" => Text((r + s_order) % BigInteger.Pow(2, 256), s),
            "s + 1" => Text(r, s + 1),
            "r and s exchanged" => Text(s, r),
            "a byte more" => app.SignatureHex + "00",
            "a byte less" => app.SignatureHex[..^2],
            "DER" => $"3044{"0220"}{app.SignatureHex[..64]}0220{app.SignatureHex[64..]}",
            _ => app.SignatureHex + " ",
        };
        AssertFailures(s_verifier.VerifyAppProof(app with { SignatureHex = hex }, _node.Boot()), CheckNames.AppSignature);
    }

    /// <summary>Signatures are not normalised, so n - s is as good as s: nothing may take a signature's bytes for an identity.</summary>
    [Fact]
    public void The_mirrored_signature_and_other_cases_of_hex_are_the_same_proof()
    {
        AppProof app = _node.App();
        byte[] signature = Convert.FromHexString(app.SignatureHex);
        string mirrored = Text(Number(signature.AsSpan(0, 32)), s_order - Number(signature.AsSpan(32)));
        Assert.True(s_verifier.VerifyAppProof(app with { SignatureHex = mirrored }, _node.Boot()).IsValid);
        Assert.True(s_verifier.VerifyAppProof(
            app with { SignatureHex = mirrored.ToUpperInvariant(), PublicKeyHex = app.PublicKeyHex.ToUpperInvariant() }, _node.Boot()).IsValid);
    }

    [Fact]
    public void The_mirrored_approval_of_a_member_who_has_approved_counts_no_second_time()
    {
        Approval first = _node.Envelope.ManifestSetApprovals[0];
        byte[] mirrored = Convert.FromHexString(Text(
            Number(first.Signature.Span[..32]), s_order - Number(first.Signature.Span[32..])));
        _node.Envelope = _node.Envelope with { ManifestSetApprovals = [first, first with { Signature = mirrored }] };
        VerificationResult result = s_verifier.VerifyBootProof(_node.Boot());
        AssertFailures(result, CheckNames.EnvelopeApprovals);
        Assert.Equal("DuplicateApproval", result.Failures.Single().Detail);
    }

    [Theory]
    [InlineData(0, CheckNames.EnvelopeApprovals)]
    [InlineData(1, CheckNames.EnvelopeApprovals)]
    [InlineData(2, null)]
    [InlineData(3, null)]
    public void Approvals_under_the_threshold(int approvals, string? failure)
    {
        using var node = new SimulatedDeployment(threshold: 2, approvals: approvals);
        AssertFailures(s_verifier.VerifyBootProof(node.Boot()), failure is null ? [] : [failure]);
    }

    [Fact]
    public void Approvals_of_another_manifest_in_this_ones_envelope()
    {
        Manifest other = _node.Manifest with { Namespace = _node.Manifest.Namespace with { Nonce = 2 } };
        _node.Envelope = _node.Envelope with { ManifestSetApprovals = [_node.Approve(0, other), _node.Approve(1, other)] };
        VerificationResult result = s_verifier.VerifyBootProof(_node.Boot());
        AssertFailures(result, CheckNames.EnvelopeApprovals);
        Assert.Equal("InvalidManifestApproval", result.Failures.Single().Detail);
    }

    [Fact]
    public void A_manifest_that_was_encoded_again()
    {
        string canonical = Encoding.UTF8.GetString(_node.Manifest.HashedBytes());
        BootProof spaced = _node.Boot() with { Manifest = Encoding.UTF8.GetBytes(canonical.Replace(":", ": ", StringComparison.Ordinal)) };
        AssertFailures(s_verifier.VerifyBootProof(spaced), CheckNames.ManifestHash, CheckNames.ManifestEncoding, CheckNames.EnvelopeManifest);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_PCR_that_is_not_the_manifests(int index)
    {
        using var node = new SimulatedDeployment(otherPcr: index);
        AssertFailures(s_verifier.VerifyBootProof(node.Boot()), CheckNames.ManifestPcr(index));
    }

    [Fact]
    public void A_PCR17_that_was_never_extended_whatever_is_allowed()
    {
        using var node = new SimulatedDeployment(commits: false);
        foreach (bool allowed in (bool[])[false, true])
        {
            AssertFailures(
                new ProofVerifier(SimulatedDeployment.Options with { AllowUncommitted = allowed }).VerifyBootProof(node.Boot()), CheckNames.LiveCommitment);
        }
    }

    [Theory]
    [InlineData(31)]
    [InlineData(18)]
    public void PCRs_that_are_missing_though_PCR17_is_there(ushort locked)
    {
        using var node = new SimulatedDeployment(lockedPcrs: locked);
        foreach (bool allowed in (bool[])[false, true])
        {
            AssertFailures(
                new ProofVerifier(SimulatedDeployment.Options with { AllowUncommitted = allowed }).VerifyBootProof(node.Boot()), CheckNames.DocumentPcrs);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(65)]
    [InlineData(129)]
    [InlineData(131)]
    [InlineData(130)]
    public void A_documents_key_of_another_length_or_off_the_curve(int length)
    {
        byte[] key = new byte[length];
        BootProof boot = _node.Boot() with
        {
            AttestationDocument = _node.Attest(_node.Manifest.Hash(), length == 0 ? null : key),
            EphemeralPublicKeyHex = Convert.ToHexStringLower(key),
        };
        VerificationResult result = s_verifier.VerifyBootProof(boot);
        Assert.False(result.IsValid);
        Assert.Contains(result.Failures, check => check.Name == CheckNames.DocumentKey);
        Assert.Contains(result.Checks, check => check is { Name: CheckNames.LiveCommitment, Outcome: not CheckOutcome.Passed });
    }

    [Fact]
    public void A_document_without_user_data()
    {
        BootProof boot = _node.Boot() with { AttestationDocument = _node.Attest([], _node.Live.PublicKey.Bytes.ToArray()) };
        VerificationResult result = s_verifier.VerifyBootProof(boot);
        Assert.Contains(result.Failures, check => check.Name == CheckNames.ManifestHash);
        Assert.Contains(result.Checks, check => check is { Name: CheckNames.LiveCommitment, Outcome: not CheckOutcome.Passed });
    }

    private static void AssertFailures(VerificationResult result, params string[] names)
    {
        Assert.Equal(names.Length == 0, result.IsValid);
        Assert.True(names.SequenceEqual(result.Failures.Select(check => check.Name)), result.ToText());
    }

    private static BigInteger Number(ReadOnlySpan<byte> bytes) => new(bytes, isUnsigned: true, isBigEndian: true);

    private static string Text(BigInteger r, BigInteger s) => string.Concat(((BigInteger[])[r, s]).Select(number =>
        Convert.ToHexStringLower(number.ToByteArray(isUnsigned: true, isBigEndian: true)).PadLeft(64, '0')[^64..]));
}
