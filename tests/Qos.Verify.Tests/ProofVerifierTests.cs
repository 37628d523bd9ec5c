using System.Security.Cryptography;
using Qos.Keys;
using Qos.Protocol;

namespace Qos.Verify.Tests;

/// <summary>Proofs of a simulated node: accepted as they are, and refused with the right check named when one thing is wrong.</summary>
public sealed class ProofVerifierTests : IDisposable
{
    private static readonly ProofVerifier s_verifier = new(SimulatedDeployment.Options);

    private readonly SimulatedDeployment _node = new();

    public void Dispose() => _node.Dispose();

    private static void AssertFailures(VerificationResult result, params string[] names)
    {
        Assert.False(result.IsValid);
        Assert.True(names.SequenceEqual(result.Failures.Select(check => check.Name)), result.ToText());
    }

    [Fact]
    public void A_boot_proof_with_its_app_proof_is_valid_and_every_check_is_named()
    {
        VerificationResult result = s_verifier.VerifyAppProof(_node.App(), _node.Boot());
        Assert.True(result.IsValid, result.ToText());
        Assert.False(result.IsAwsRoot);
        Assert.Equal(
            [
                "app.scheme", "app.key", "app.signature", "document.root", "document.format", "document.certificates", "document.chain",
                "document.validity", "document.chain-signatures", "document.signature", "document.time", "manifest.format", "manifest.hash",
                "manifest.encoding", "document.nonce", "manifest.pcr0", "manifest.pcr1", "manifest.pcr2", "manifest.pcr3", "document.pcrs",
                "document.key", "commitment.live", "document.debug-mode", "manifest.debug-mode", "identity", "trusted.pcrs", "trusted.pivot",
                "envelope.format", "envelope.manifest",
                "envelope.approvals", "keys.boot-proof", "keys.app-proof",
            ],
            result.Checks.Select(check => check.Name));
        Assert.Contains("not AWS's", result.ToText(), StringComparison.Ordinal);
    }

    [Fact]
    public void Under_AWSs_root_a_simulated_proof_is_refused_and_the_rest_is_checked_all_the_same()
    {
        VerificationResult result = new ProofVerifier(SimulatedDeployment.AwsOptions).VerifyAppProof(_node.App(), _node.Boot());
        AssertFailures(result, CheckNames.DocumentChain, CheckNames.DocumentChainSignatures);
        Assert.True(result.IsAwsRoot);
    }

    [Fact]
    public void A_setup_document_binds_its_manifest_and_PCR16()
    {
        VerificationResult result = s_verifier.VerifySetup(_node.Document(_node.Setup), _node.Manifest.HashedBytes());
        Assert.True(result.IsValid, result.ToText());
        AssertFailures(s_verifier.VerifySetup(_node.Document(_node.Live), _node.Manifest.HashedBytes()), CheckNames.SetupCommitment);
    }

    [Fact]
    public void A_nodes_document_is_held_against_the_commitment_that_it_carries()
    {
        foreach ((KeySet key, string name) in new[] { (_node.Setup, CheckNames.SetupCommitment), (_node.Live, CheckNames.LiveCommitment) })
        {
            VerificationResult result = s_verifier.VerifyNode(_node.Document(key), _node.Manifest.HashedBytes());
            Assert.True(result.IsValid, result.ToText());
            Assert.Contains(result.Checks, check => check.Name == name && check.Outcome == CheckOutcome.Passed);
        }

        using KeySet other = KeySet.Generate(SystemRandomSource.Instance);
        AssertFailures(s_verifier.VerifyNode(_node.Document(other), _node.Manifest.HashedBytes()), CheckNames.SetupCommitment);
    }

    [Fact]
    public void A_genesis_document_carries_the_hash_of_the_output_and_nothing_else()
    {
        byte[] hash = SHA256.HashData([9]);
        byte[] genesis = _node.Genesis(hash);
        VerificationResult result = s_verifier.VerifyGenesis(genesis, hash);
        Assert.True(result.IsValid, result.ToText());
        AssertFailures(s_verifier.VerifyGenesis(genesis, SHA256.HashData([8])), CheckNames.DocumentUserData);
        AssertFailures(
            s_verifier.VerifyGenesis(_node.Document(_node.Live), _node.Manifest.Hash()), CheckNames.DocumentNoKey, CheckNames.DocumentPcrs);

        // What an app in the same image can ask its module for.
        AssertFailures(s_verifier.VerifyGenesis(_node.Attest(hash, null), hash), CheckNames.DocumentPcrs);
    }

    [Fact]
    public void A_proof_with_the_setup_document_is_not_a_boot_proof()
    {
        BootProof boot = _node.Boot() with { AttestationDocument = _node.Document(_node.Setup) };
        AssertFailures(s_verifier.VerifyBootProof(boot), CheckNames.LiveCommitment, CheckNames.KeysBoot);
    }

    [Fact]
    public void Swapped_keys_are_refused()
    {
        using KeySet other = KeySet.Generate(SystemRandomSource.Instance);
        AssertFailures(s_verifier.VerifyAppProof(_node.App(key: other), _node.Boot()), CheckNames.KeysApp);
        AssertFailures(
            s_verifier.VerifyAppProof(_node.App(), _node.Boot() with { EphemeralPublicKeyHex = other.PublicKey.ToHex() }), CheckNames.KeysBoot);

        AppProof claimed = _node.App(key: other) with { PublicKeyHex = _node.Live.PublicKey.ToHex() };
        AssertFailures(s_verifier.VerifyAppProof(claimed, _node.Boot()), CheckNames.AppSignature);

        // Both halves of the key count, the one that signs and the one that does not.
        byte[] mixed = [.. other.PublicKey.EncryptionPoint, .. _node.Live.PublicKey.SigningPoint];
        AppProof halved = _node.App() with { PublicKeyHex = Convert.ToHexStringLower(mixed) };
        AssertFailures(s_verifier.VerifyAppProof(halved, _node.Boot()), CheckNames.KeysApp);
    }

    [Theory]
    [InlineData("{\"timestampMs\": \"1\"}")]
    [InlineData("{\"timestampMs\":\"2\"}")]
    [InlineData("{\"timestampMs\":\"1\"} ")]
    [InlineData("")]
    public void A_payload_that_was_encoded_again_is_refused(string payload) =>
        AssertFailures(s_verifier.VerifyAppProof(_node.App() with { Payload = payload }, _node.Boot()), CheckNames.AppSignature);

    [Fact]
    public void Another_scheme_key_or_signature_form_is_refused()
    {
        BootProof boot = _node.Boot();
        AssertFailures(s_verifier.VerifyAppProof(_node.App() with { Scheme = "OTHER" }, boot), CheckNames.AppScheme);
        AssertFailures(s_verifier.VerifyAppProof(_node.App() with { SignatureHex = "" }, boot), CheckNames.AppSignature);
        AssertFailures(s_verifier.VerifyAppProof(_node.App() with { SignatureHex = new string('0', 128) }, boot), CheckNames.AppSignature);
        AssertFailures(s_verifier.VerifyAppProof(_node.App() with { PublicKeyHex = "xyz" }, boot), CheckNames.AppKey, CheckNames.KeysApp);
        AssertFailures(
            s_verifier.VerifyAppProof(_node.App() with { PublicKeyHex = "04" + new string('1', 258) }, boot), CheckNames.AppKey, CheckNames.KeysApp);
    }

    [Fact]
    public void The_envelope_of_another_manifest_is_refused()
    {
        using var other = new SimulatedDeployment();
        AssertFailures(
            s_verifier.VerifyBootProof(_node.Boot() with { ManifestEnvelope = other.Boot().ManifestEnvelope }), CheckNames.EnvelopeManifest);
    }

    [Fact]
    public void Another_manifest_is_refused_by_hash_PCRs_and_commitment()
    {
        using var other = new SimulatedDeployment();
        AssertFailures(
            s_verifier.VerifyBootProof(_node.Boot() with { Manifest = other.Boot().Manifest }), CheckNames.ManifestHash, CheckNames.EnvelopeManifest);
    }

    [Fact]
    public void Approvals_under_the_threshold_or_not_by_members_are_refused()
    {
        Approval first = _node.Approve(0, _node.Manifest);
        Approval[][] refused =
        [
            [first],
            [],
            [first, first],
            [first, _node.Approve(1, _node.Manifest) with { Signature = first.Signature }],
            [first, new(_node.Approve(1, _node.Manifest).Signature, new("someone", _node.Approve(1, _node.Manifest).Member.PubKey))],
        ];
        foreach (Approval[] approvals in refused)
        {
            _node.Envelope = _node.Envelope with { ManifestSetApprovals = approvals };
            AssertFailures(s_verifier.VerifyBootProof(_node.Boot()), CheckNames.EnvelopeApprovals);
        }
    }

    [Fact]
    public void A_manifest_set_that_needs_nobody_is_refused()
    {
        using var node = new SimulatedDeployment(threshold: 0, approvals: 0);
        AssertFailures(s_verifier.VerifyBootProof(node.Boot()), CheckNames.EnvelopeApprovals);
    }

    [Fact]
    public void A_V1_manifest_in_Borsh_is_accepted_and_in_JSON_is_another_encoding()
    {
        using var node = new SimulatedDeployment(version: ManifestVersion.V1);
        VerificationResult result = s_verifier.VerifyBootProof(node.Boot());
        Assert.True(result.IsValid, result.ToText());
        AssertFailures(
            s_verifier.VerifyBootProof(node.Boot() with { Manifest = ManifestFormat.Write(node.Manifest) }),
            CheckNames.ManifestHash, CheckNames.ManifestEncoding, CheckNames.EnvelopeManifest);
    }

    [Fact]
    public void What_cannot_be_read_is_named_and_does_not_hide_the_rest()
    {
        VerificationResult document = s_verifier.VerifyAppProof(_node.App(), _node.Boot() with { AttestationDocument = new byte[] { 1 } });
        AssertFailures(document, CheckNames.DocumentFormat);
        Assert.Contains(document.Checks, check => check is { Name: CheckNames.EnvelopeApprovals, Outcome: CheckOutcome.Passed });
        Assert.Contains(document.Checks, check => check is { Name: CheckNames.KeysApp, Outcome: CheckOutcome.NotRun });

        AssertFailures(
            s_verifier.VerifyBootProof(_node.Boot() with { Manifest = new byte[] { 1 } }),
            CheckNames.ManifestFormat, CheckNames.ManifestHash, CheckNames.EnvelopeManifest);
        AssertFailures(s_verifier.VerifyBootProof(_node.Boot() with { ManifestEnvelope = new byte[] { 1 } }), CheckNames.EnvelopeFormat);
    }

    [Fact]
    public void A_nonce_must_be_the_one_that_was_asked_for()
    {
        byte[] nonce = [1, 2, 3];
        BootProof boot = _node.Boot();
        BootProof withNonce = boot with { AttestationDocument = _node.Document(_node.Live, nonce) };
        var asking = new ProofVerifier(SimulatedDeployment.Options with { Nonce = nonce });
        Assert.True(asking.VerifyBootProof(withNonce).IsValid);
        AssertFailures(asking.VerifyBootProof(boot), CheckNames.DocumentNonce);
        AssertFailures(s_verifier.VerifyBootProof(withNonce), CheckNames.DocumentNonce);
        AssertFailures(
            new ProofVerifier(SimulatedDeployment.Options with { Nonce = new byte[] { 1 } }).VerifyBootProof(withNonce), CheckNames.DocumentNonce);
    }

    [Fact]
    public void One_of_the_trusted_sets_of_measurements_must_match()
    {
        EnclaveConfig enclave = _node.Manifest.Enclave;
        var right = new PcrProfile("right", new Dictionary<int, byte[]> { [0] = enclave.Pcr0.ToArray(), [2] = enclave.Pcr2.ToArray() });
        var wrong = new PcrProfile("wrong", new Dictionary<int, byte[]> { [0] = enclave.Pcr0.ToArray(), [1] = new byte[48] });
        Assert.True(new ProofVerifier(SimulatedDeployment.Options with { Measurements = TrustedMeasurements.AnyOf(wrong, right) }).VerifyBootProof(_node.Boot()).IsValid);

        VerificationResult refused = new ProofVerifier(SimulatedDeployment.Options with { Measurements = TrustedMeasurements.AnyOf(wrong) }).VerifyBootProof(_node.Boot());
        AssertFailures(refused, CheckNames.TrustedPcrs);
        Assert.Contains("wrong: PCR1", refused.Failures.Single().Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void The_pivot_must_be_a_trusted_binary_when_some_are_named()
    {
        ReadOnlyMemory<byte> right = SHA256.HashData([42]);
        ReadOnlyMemory<byte> wrong = SHA256.HashData([43]);
        Assert.True(new ProofVerifier(SimulatedDeployment.Options with { Manifest = new() { Pivots = [wrong, right] } }).VerifyBootProof(_node.Boot()).IsValid);
        AssertFailures(
            new ProofVerifier(SimulatedDeployment.Options with { Manifest = new() { Pivots = [wrong] } }).VerifyBootProof(_node.Boot()), CheckNames.TrustedPivot);
    }

    [Fact]
    public void An_archived_proof_is_checked_at_the_time_that_was_chosen()
    {
        BootProof boot = _node.Boot();
        var later = SimulatedDeployment.Options with { Time = ValidationTime.At(DateTimeOffset.UtcNow.AddHours(4)) };
        AssertFailures(new ProofVerifier(later).VerifyBootProof(boot), CheckNames.DocumentValidity);
        Assert.True(new ProofVerifier(later with { Time = ValidationTime.Document }).VerifyBootProof(boot).IsValid);
    }

    [Fact]
    public void A_commitment_that_is_there_must_hold_even_when_older_nodes_are_allowed()
    {
        using KeySet other = KeySet.Generate(SystemRandomSource.Instance);
        BootProof boot = _node.Boot() with { AttestationDocument = _node.Document(other), EphemeralPublicKeyHex = other.PublicKey.ToHex() };
        AssertFailures(
            new ProofVerifier(SimulatedDeployment.Options with { AllowUncommitted = true }).VerifyBootProof(boot), CheckNames.LiveCommitment);
    }
}
