using System.Text;
using System.Text.Json;
using Qos.Serialization;
using Qos.Vectors;

namespace Qos.Verify.Tests;

/// <summary>The published proof of 2025 and the document of 2026; the forms of files, times and results.</summary>
public sealed class PublishedProofTests
{
    private static readonly byte[] s_published = VectorFiles.Bytes("proofs", "turnkey_1.json");

    private static readonly PublishedProof s_proof = PublishedProof.Parse(s_published);

    private static readonly VerificationPolicy s_archived = SimulatedDeployment.AwsOptions with { Time = ValidationTime.Document };

    [Fact]
    public void The_published_proof_is_valid_for_who_allows_older_nodes()
    {
        PublishedProof proof = PublishedProof.Parse(s_published);
        VerificationResult result = new ProofVerifier(s_archived with { AllowUncommitted = true }).Verify(proof);
        Assert.True(result.IsValid, result.ToText());
        Assert.True(result.IsAwsRoot);
        Assert.Equal(
            [CheckNames.DocumentPcrs, CheckNames.LiveCommitment, CheckNames.Identity, CheckNames.TrustedPcrs],
            result.Waivers.Select(check => check.Name));
        Assert.Equal("signer", proof.Boot!.EnclaveApp);
        Assert.Equal(1758057949, proof.Boot.CreatedAtSeconds);
    }

    [Fact]
    public void Without_that_it_is_refused_for_its_missing_commitment()
    {
        VerificationResult result = new ProofVerifier(s_archived).Verify(PublishedProof.Parse(s_published));
        Assert.Equal([CheckNames.DocumentPcrs, CheckNames.LiveCommitment], result.Failures.Select(check => check.Name));
    }

    [Fact]
    public void Today_its_certificates_have_expired()
    {
        VerificationResult result = new ProofVerifier(SimulatedDeployment.AwsOptions with { AllowUncommitted = true }).Verify(PublishedProof.Parse(s_published));
        Assert.Equal([CheckNames.DocumentValidity], result.Failures.Select(check => check.Name));
    }

    [Fact]
    public void A_proof_goes_through_our_JSON_unchanged()
    {
        BootProof boot = PublishedProof.Parse(s_published).Boot!;
        BootProof again = PublishedProof.Parse(boot.ToJson()).Boot!;
        Assert.Equal(boot.AttestationDocument.ToArray(), again.AttestationDocument.ToArray());
        Assert.Equal(boot.ManifestEnvelope.ToArray(), again.ManifestEnvelope.ToArray());
        Assert.Equal(boot.EphemeralPublicKeyHex, again.EphemeralPublicKeyHex);
        Assert.Equal(boot.CreatedAtSeconds, again.CreatedAtSeconds);
    }

    [Fact]
    public void The_setup_document_of_2026_binds_its_approved_manifest()
    {
        var verifier = new ProofVerifier(SimulatedDeployment.AwsOptions with { Time = ValidationTime.Parse("1782779620") });
        byte[] document = VectorFiles.Bytes("qos", "tvc", "attestation_doc.cbor");
        VerificationResult result = verifier.VerifySetup(document, VectorFiles.Bytes("qos", "tvc", "manifest.borsh"));
        Assert.True(result.IsValid, result.ToText());
        Assert.True(verifier.VerifyAttestation(document).IsValid);

        // It is the setup document, so it cannot pass for a boot proof's.
        VerificationResult asBoot = verifier.VerifyBootProof(new BootProof
        {
            EphemeralPublicKeyHex = "",
            AttestationDocument = document,
            Manifest = VectorFiles.Bytes("qos", "tvc", "manifest.borsh"),
            ManifestEnvelope = VectorFiles.Bytes("qos", "tvc", "manifest_envelope.borsh"),
        });
        Assert.Equal([CheckNames.LiveCommitment, CheckNames.KeysBoot], asBoot.Failures.Select(check => check.Name));
    }

    [Fact]
    public void A_debug_enclaves_document_says_so()
    {
        var verifier = new ProofVerifier(s_archived);
        VerificationResult debug = verifier.VerifyAttestation(VectorFiles.Bytes("attestation", "2668d61d2fc40d06.cbor"));
        Assert.True(debug.IsValid, debug.ToText());
        Assert.Contains("debug mode", debug.ToText(), StringComparison.Ordinal);

        VerificationResult other = verifier.VerifyAttestation(VectorFiles.Bytes("attestation", "2cc69c5331850e34.cbor"));
        Assert.DoesNotContain("debug mode", other.ToText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("")]
    [InlineData("{\"appProof\":{}}")]
    [InlineData("{\"bootProof\":{\"awsAttestationDocB64\":\"*\"}}")]
    [InlineData("{\"bootProof\":{\"awsAttestationDocB64\":\"AA=\"}}")]
    [InlineData("{\"bootProof\":{\"ephemeralPublicKeyHex\":\"\",\"awsAttestationDocB64\":\"AA ==\",\"qosManifestB64\":\"\",\"qosManifestEnvelopeB64\":\"\"}}")]
    [InlineData("{\"appProof\":{\"scheme\":1}}")]
    [InlineData("{\"appProof\":{\"scheme\":\"a\",\"scheme\":\"b\"}}")]
    public void Another_file_is_refused(string json) =>
        Assert.Throws<EncodingException>(() => PublishedProof.Parse(Encoding.UTF8.GetBytes(json)));

    [Fact]
    public void Bytes_that_are_not_UTF_8_are_refused_in_members_that_nothing_reads_too()
    {
        byte[] proof = [.. "{\"appProof\":{\"scheme\":\"\",\"publicKey\":\"\",\"proofPayload\":\"\",\"signature\":\"\"},\"note\":\""u8, 0xff, .. "\"}"u8];
        Assert.Contains("UTF-8", Assert.Throws<EncodingException>(() => PublishedProof.Parse(proof)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_file_is_read_or_refused_and_never_valid_where_it_counts()
    {
        const int Seed = 11;
        var random = new Random(Seed);
        var verifier = new ProofVerifier(s_archived with { AllowUncommitted = true });
        for (int i = 0; i < 400; i++)
        {
            byte[] damaged = [.. s_published];
            int at = random.Next(damaged.Length);
            damaged[at] = (byte)random.Next(256);
            try
            {
                VerificationResult result = verifier.Verify(PublishedProof.Parse(damaged));
                BootProof? boot = PublishedProof.Parse(damaged).Boot;
                bool isSame = boot is not null
                    && boot.AttestationDocument.Span.SequenceEqual(s_proof.Boot!.AttestationDocument.Span)
                    && boot.Manifest.Span.SequenceEqual(s_proof.Boot.Manifest.Span)
                    && PublishedProof.Parse(damaged).App?.Payload == s_proof.App!.Payload;
                Assert.True(isSame || !result.IsValid || boot is null, $"seed {Seed}, byte {at}: {result.ToText()}");
            }
            catch (EncodingException)
            {
            }
        }
    }

    [Theory]
    [InlineData("base64")]
    [InlineData("base64url without padding")]
    [InlineData("lines of base64")]
    [InlineData("hex")]
    [InlineData("JSON string")]
    [InlineData("member")]
    [InlineData("boot proof")]
    [InlineData("bytes")]
    public void A_document_is_read_in_whatever_form_people_have_it(string form)
    {
        byte[] document = s_proof.Boot!.AttestationDocument.ToArray();
        string base64 = Convert.ToBase64String(document);
        byte[] file = form switch
        {
            "base64url without padding" => Encoding.UTF8.GetBytes(base64.Replace('+', '-').Replace('/', '_').TrimEnd('=')),
            "lines of base64" => Encoding.UTF8.GetBytes("\uFEFF" + string.Join("\r\n", base64.Chunk(76).Select(static line => new string(line))) + "\n"),
            "hex" => Encoding.UTF8.GetBytes(Convert.ToHexString(document) + "\n"),
            "JSON string" => Encoding.UTF8.GetBytes($"\"{base64}\""),
            "member" => Encoding.UTF8.GetBytes($"{{\"time\":1.5,\"document\":\"{base64}\"}}"),
            "boot proof" => s_published,
            "bytes" => document,
            _ => Encoding.UTF8.GetBytes(base64),
        };
        Assert.Equal(document, AttestationInput.Decode(file));
    }

    [Fact]
    public void A_file_of_another_kind_is_named()
    {
        Assert.Contains("without an attestation document", Assert.Throws<EncodingException>(() => AttestationInput.Decode("{}"u8.ToArray())).Message, StringComparison.Ordinal);
        Assert.Contains("neither base64 nor hex", Assert.Throws<EncodingException>(() => AttestationInput.Decode("\"*\""u8.ToArray())).Message, StringComparison.Ordinal);
        Assert.Equal("not a document!"u8.ToArray(), AttestationInput.Decode("not a document!"u8.ToArray()));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("1758057949")]
    [InlineData("1.5e3")]
    [InlineData("\"2025-09-16\"")]
    [InlineData("[]")]
    [InlineData("{\"seconds\":null}")]
    public void Members_that_nothing_proves_may_have_any_form(string value)
    {
        string text = Encoding.UTF8.GetString(s_proof.Boot!.ToJson());
        foreach (string name in (string[])["createdAt", "owner", "deploymentLabel", "unheardOf"])
        {
            using JsonDocument json = JsonDocument.Parse(text);
            string members = string.Join(',', json.RootElement.EnumerateObject().Where(member => member.Name != name).Select(static member => member.ToString()));
            BootProof read = BootProof.Parse(Encoding.UTF8.GetBytes($"{{{members},\"{name}\":{value}}}"));
            Assert.Equal(s_proof.Boot.Manifest.ToArray(), read.Manifest.ToArray());
        }
    }

    [Theory]
    [InlineData("now", true)]
    [InlineData("document", true)]
    [InlineData("0", true)]
    [InlineData("1782779620", true)]
    [InlineData("253402300799", true)]
    [InlineData("253402300800", false)]
    [InlineData("-1", false)]
    [InlineData("1.5", false)]
    [InlineData("Now", false)]
    [InlineData("", false)]
    public void A_time_is_now_the_documents_or_a_number(string text, bool accepted)
    {
        if (accepted)
            Assert.Equal(text, ValidationTime.Parse(text).ToString());
        else
            Assert.Throws<FormatException>(() => ValidationTime.Parse(text));
    }

    [Fact]
    public void The_JSON_result_has_a_fixed_shape()
    {
        VerificationResult result = new ProofVerifier(s_archived).Verify(PublishedProof.Parse(s_published));
        using JsonDocument json = JsonDocument.Parse(result.ToJson());
        JsonElement root = json.RootElement;
        Assert.Equal(["valid", "root", "time", "waived", "checks"], root.EnumerateObject().Select(member => member.Name));
        Assert.False(root.GetProperty("valid").GetBoolean());
        Assert.True(root.GetProperty("root").GetProperty("aws").GetBoolean());
        Assert.Equal("document", root.GetProperty("time").GetProperty("choice").GetString());
        Assert.Equal(JsonValueKind.Number, root.GetProperty("time").GetProperty("unix").ValueKind);
        Assert.Equal(result.Checks.Count, root.GetProperty("checks").GetArrayLength());
        JsonElement failed = root.GetProperty("checks").EnumerateArray().First(check => check.GetProperty("outcome").GetString() == "failed");
        Assert.Equal(CheckNames.DocumentPcrs, failed.GetProperty("name").GetString());
        Assert.Equal("PCR 0 to 31", failed.GetProperty("expected").GetString());
    }
}
