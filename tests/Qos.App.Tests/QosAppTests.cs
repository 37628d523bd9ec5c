using System.Text;
using Qos.Keys;
using Qos.Protocol;

namespace Qos.App.Tests;

public class QosAppTests
{
    [Fact]
    public void An_app_reads_its_manifest_and_keys()
    {
        using EnclaveFolder folder = new();
        using QosApp app = folder.Open();
        Assert.Equal(folder.Envelope.Manifest.Hash(), app.Manifest.Hash());
        Assert.Equal(folder.Ephemeral.PublicKey, app.EphemeralKey);
        Assert.Equal(folder.Quorum.PublicKey, app.QuorumKey);
        Assert.Equal(folder.Envelope.ManifestSetApprovals.Count, app.Envelope.ManifestSetApprovals.Count);
    }

    [Fact]
    public void The_quorum_key_signs_and_opens_what_is_meant_for_the_application()
    {
        using EnclaveFolder folder = new();
        using QosApp app = folder.Open();
        Assert.True(folder.Quorum.PublicKey.Verify([1, 2], app.SignWithQuorumKey([1, 2])));

        using SecretMemory opened = app.DecryptWithQuorumKey(app.EncryptToQuorumKey([3, 4]));
        Assert.Equal([3, 4], opened.Span.ToArray());
        using SecretMemory atRest = app.DecryptAtRest(app.EncryptAtRest([5, 6]));
        Assert.Equal([5, 6], atRest.Span.ToArray());
        using SecretMemory toInstance = app.DecryptWithEphemeralKey(app.EphemeralKey.Encrypt([7], SystemRandomSource.Instance));
        Assert.Equal([7], toInstance.Span.ToArray());
        Assert.Throws<KeyException>(() => app.DecryptWithQuorumKey(app.EphemeralKey.Encrypt([7], SystemRandomSource.Instance)));
    }

    [Fact]
    public void A_proof_is_the_payload_signed_by_the_ephemeral_key()
    {
        using EnclaveFolder folder = new();
        using QosApp app = folder.Open();
        const string Payload = """{"timestampMs":"1758058763571","price":1.5,"text":"Gr\u00fc\u00dfe Ω"}""";

        AppProof proof = app.SignProof(Payload);

        Assert.Equal(Payload, proof.Payload);
        Assert.True(folder.Ephemeral.PublicKey.Verify(Encoding.UTF8.GetBytes(Payload), Convert.FromHexString(proof.SignatureHex)));
        using System.Text.Json.JsonDocument json = System.Text.Json.JsonDocument.Parse(proof.ToJson());
        Assert.Equal(
            ["proofPayload", "publicKey", "scheme", "signature"],
            json.RootElement.EnumerateObject().Select(member => member.Name));
        Assert.Equal("SIGNATURE_SCHEME_EPHEMERAL_KEY_P256", json.RootElement.GetProperty("scheme").GetString());
        Assert.Equal(folder.Ephemeral.PublicKey.ToHex(), json.RootElement.GetProperty("publicKey").GetString());
        Assert.Equal(Payload, json.RootElement.GetProperty("proofPayload").GetString());
        Assert.Equal(proof.SignatureHex, json.RootElement.GetProperty("signature").GetString());
    }

    [Fact]
    public void A_published_proof_has_the_form_that_ours_have()
    {
        using System.Text.Json.JsonDocument json = System.Text.Json.JsonDocument.Parse(Qos.Vectors.VectorFiles.Bytes("proofs", "turnkey_1.json"));
        System.Text.Json.JsonElement published = json.RootElement.GetProperty("appProof");
        string payload = published.GetProperty("proofPayload").GetString()!;
        PublicKey key = PublicKey.ParseHex(published.GetProperty("publicKey").GetString());
        byte[] signature = Convert.FromHexString(published.GetProperty("signature").GetString()!);

        Assert.Equal(AppProof.EphemeralKeyScheme, published.GetProperty("scheme").GetString());
        Assert.True(key.Verify(ProofPayload.ToBytes(payload), signature));
        using System.Text.Json.JsonDocument again = System.Text.Json.JsonDocument.Parse(new AppProof(AppProof.EphemeralKeyScheme, key.ToHex(), payload, Convert.ToHexStringLower(signature)).ToJson());
        foreach (System.Text.Json.JsonProperty member in published.EnumerateObject())
            Assert.Equal(member.Value.GetString(), again.RootElement.GetProperty(member.Name).GetString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("\"timestampMs\"")]
    [InlineData("""{"timestampMs":1758058763571}""")]
    [InlineData("""{"timestampMs":"soon"}""")]
    [InlineData("""{"timestampMs":""}""")]
    [InlineData("""{"a":{"timestampMs":"1"}}""")]
    [InlineData("""{"timestampMs":"1"} {}""")]
    [InlineData("""{"timestampMs":"1",}""")]
    public void A_payload_that_verifiers_cannot_read_is_refused(string payload)
    {
        using EnclaveFolder folder = new();
        using QosApp app = folder.Open();
        ArgumentException refused = Assert.Throws<ArgumentException>(() => app.SignProof(payload));
        Assert.Equal("payloadJson", refused.ParamName);
    }

    [Fact]
    public void A_payload_that_is_no_unicode_is_refused()
    {
        using EnclaveFolder folder = new();
        using QosApp app = folder.Open();
        string loneSurrogate = $"{{\"timestampMs\":\"1\",\"a\":\"{(char)0xd800}\"}}";
        Assert.Throws<ArgumentException>(() => app.SignProof(loneSurrogate));
    }

    [Theory]
    [InlineData("qos.manifest")]
    [InlineData("qos.ephemeral.key")]
    [InlineData("qos.quorum.key")]
    public void A_file_that_is_missing_or_wrong_is_one_clear_line(string name)
    {
        using EnclaveFolder folder = new();
        string path = folder.PathOf(name);
        foreach (byte[]? content in (byte[]?[])[null, [], [0xff, 0xfe], "deadbeef not it"u8.ToArray()])
        {
            File.Delete(path);
            if (content is not null)
                File.WriteAllBytes(path, content);

            QosAppException refused = Assert.Throws<QosAppException>(() => folder.Open());
            Assert.Contains(path, refused.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', refused.Message);
            Assert.DoesNotContain("deadbeef", refused.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_quorum_key_of_another_application_is_refused()
    {
        ManifestEnvelope other = ManifestEnvelopeFormat.Read(Qos.Vectors.VectorFiles.Bytes("qos", "golden", "manifest_envelope_v1.json"));
        using EnclaveFolder folder = new(other);
        QosAppException refused = Assert.Throws<QosAppException>(() => folder.Open());
        Assert.Contains("quorum key", refused.Message, StringComparison.Ordinal);
    }
}
