using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Qos.Client;
using Qos.Keys;
using Qos.Nsm;
using Qos.Serialization;
using Qos.Vectors;

namespace Qos.Protocol.Tests;

/// <summary>Manifests, envelopes and approvals of the reference, byte for byte.</summary>
public sealed class ManifestVectorTests
{
    [Fact]
    public void A_v1_manifest_is_stored_in_declaration_order_and_hashed_over_borsh()
    {
        byte[] json = VectorFiles.Bytes("qos", "golden", "manifest_v1.json");
        byte[] borsh = VectorFiles.Bytes("qos", "golden", "manifest_v1.borsh");
        Manifest manifest = ManifestFormat.Read(json);
        Assert.Equal(ManifestVersion.V1, manifest.Version);
        Assert.Equal(Text(json), Text(ManifestFormat.Write(manifest)));
        Assert.Equal(Hex(borsh), Hex(manifest.HashedBytes()));
        Assert.Equal(Hex(borsh), Hex(ManifestFormat.Read(borsh).HashedBytes()));
        Assert.Equal("f06b3417893b3c2648b36d25134c3d854405db7a609cc1d41b86c4f63fd476fd", Hex(manifest.Hash()));
    }

    [Fact]
    public void A_v0_manifest_is_stored_in_declaration_order_and_hashed_over_borsh()
    {
        byte[] json = VectorFiles.Bytes("qos", "golden", "manifest_v0.json");
        byte[] borsh = VectorFiles.Bytes("qos", "golden", "manifest_v0.borsh");
        Manifest manifest = ManifestFormat.Read(json);
        Assert.Equal(ManifestVersion.V0, manifest.Version);
        Assert.Equal(Text(json), Text(ManifestFormat.Write(manifest)));
        Assert.Equal(Hex(manifest.Hash()), Hex(ManifestFormat.Read(manifest.HashedBytes()).Hash()));

        // The reference's conversion to Borsh makes it a V1 manifest on the way, which has another hash.
        Assert.Equal(Hex(borsh), Hex(ManifestFormat.WriteBorsh(ManifestFormat.ToV1(manifest))));
        Assert.Equal("af2d3ce6fa8a7040fd560529c54ce031c66724b628925f2f37fe2c75a8729f91", Hex(ManifestFormat.ToV1(manifest).Hash()));
        Assert.NotEqual(Hex(ManifestFormat.ToV1(manifest).Hash()), Hex(manifest.Hash()));
    }

    [Fact]
    public void An_envelope_has_both_forms()
    {
        byte[] json = VectorFiles.Bytes("qos", "golden", "manifest_envelope_v1.json");
        byte[] borsh = VectorFiles.Bytes("qos", "golden", "manifest_envelope_v1.borsh");
        ManifestEnvelope envelope = ManifestEnvelopeFormat.Read(json);
        Assert.Equal(Text(json), Text(ManifestEnvelopeFormat.Write(envelope)));
        Assert.Equal(Hex(borsh), Hex(ManifestEnvelopeFormat.WriteBorsh(envelope)));
        Assert.Equal(Text(json), Text(ManifestEnvelopeFormat.Write(ManifestEnvelopeFormat.Read(borsh))));
    }

    [Fact]
    public void An_approval_is_stored_signature_first_and_named_after_member_and_namespace()
    {
        byte[] json = VectorFiles.Bytes("qos", "golden", "approval.json");
        Approval approval = ApprovalFormat.Read(json);
        Assert.Equal(Text(json), Text(ApprovalFormat.Write(approval)));
        ManifestNamespace ns = ManifestFormat.Read(VectorFiles.Bytes("qos", "golden", "manifest_v1.json")).Namespace;
        Assert.Equal("dev-production-signer-31.approval", ApprovalFormat.FileName(approval.Member.Alias, ns));
    }

    [Fact]
    public void An_approval_is_the_members_deterministic_signature_over_the_hash()
    {
        ManifestEnvelope envelope = ManifestEnvelopeFormat.Read(VectorFiles.Bytes("qos", "golden", "manifest_envelope_v1.json"));
        using KeySet member = KeySet.FromSeed(Convert.FromHexString(VectorFiles.Text("qos", "golden", "primary.secret")));
        Approval approval = ApprovalFormat.Read(VectorFiles.Bytes("qos", "golden", "approval.json"));
        Assert.Equal(Hex(approval.Signature.Span), Hex(member.Sign(envelope.Manifest.Hash())));
        Assert.Equal([approval], envelope.ManifestSetApprovals);
        ApprovalChecks.CheckManifestApprovals(envelope);
    }

    [Fact]
    public void The_oldest_manifest_is_borsh_v0()
    {
        byte[] bytes = VectorFiles.Bytes("qos", "old_manifest");
        Manifest manifest = ManifestFormat.Read(bytes);
        Assert.Equal(ManifestVersion.V0, manifest.Version);
        Assert.Equal("quit-coding-to-vape", manifest.Namespace.Name);
        Assert.Empty(manifest.Pivot.BridgeConfig);
        Assert.Equal(Hex(bytes), Hex(manifest.HashedBytes()));
    }

    [Fact]
    public void A_deployed_manifest_hashes_as_its_attestation_says()
    {
        ManifestEnvelope envelope = ManifestEnvelopeFormat.Read(VectorFiles.Bytes("qos", "tvc", "manifest_envelope.json"));
        Assert.Equal("d26840797302feb5d96b4a672cb7328abeb2c59f3ef52cdf3edd8305264210b7", Hex(envelope.Manifest.Hash()));
        ApprovalChecks.CheckManifestApprovals(envelope);
    }

    [Fact]
    public void A_deployed_envelope_has_both_forms()
    {
        ManifestEnvelope json = ManifestEnvelopeFormat.Read(VectorFiles.Bytes("qos", "tvc", "manifest_envelope.json"));
        byte[] borsh = VectorFiles.Bytes("qos", "tvc", "manifest_envelope.borsh");
        Assert.Equal(Hex(borsh), Hex(ManifestEnvelopeFormat.WriteBorsh(json)));
        Assert.Equal(Hex(ManifestEnvelopeFormat.Write(json)), Hex(ManifestEnvelopeFormat.Write(ManifestEnvelopeFormat.Read(borsh))));
        Assert.Equal(Hex(VectorFiles.Bytes("qos", "tvc", "manifest.borsh")), Hex(json.Manifest.HashedBytes()));
    }

    [Fact]
    public void Members_may_come_in_any_order()
    {
        Manifest manifest = ManifestFormat.Read(VectorFiles.Bytes("qos", "tvc", "manifest.json"));
        Assert.Equal(ManifestVersion.V1, manifest.Version);
        Assert.Equal(["--flag", "--key", "value", "positional"], manifest.Pivot.Args);
        Assert.Equal([new BridgeConfig.Server(3000, "0.0.0.0")], manifest.Pivot.BridgeConfig);
        Assert.Equal(Hex(manifest.Hash()), Hex(ManifestFormat.Read(ManifestFormat.Write(manifest)).Hash()));
    }

    [Fact]
    public void A_deployments_details_hold_together()
    {
        using JsonDocument details = JsonDocument.Parse(VectorFiles.Bytes("qos", "tvc", "valid_provisioning_details.json"));
        byte[] stored = Encoding.UTF8.GetBytes(details.RootElement.GetProperty("manifest_envelope").GetRawText());
        ManifestEnvelope envelope = ManifestEnvelopeFormat.Read(stored);
        Assert.Equal(Hex(VectorFiles.Bytes("qos", "tvc", "manifest_envelope.borsh")), Hex(ManifestEnvelopeFormat.WriteBorsh(envelope)));
        ApprovalChecks.CheckManifestApprovals(envelope);

        byte[] encoded = details.RootElement.GetProperty("attestation_document_cose_sign1_base64").GetBytesFromBase64();
        Assert.Equal(Hex(VectorFiles.Bytes("qos", "tvc", "attestation_doc.cbor")), Hex(encoded));
        AttestationDocument document = AttestationDocument.Parse(encoded);
        new AttestationVerifier(envelope.Manifest.Enclave.AwsRootCertificate.Span).Verify(
            document, DateTimeOffset.FromUnixTimeSeconds(details.RootElement.GetProperty("validation_time_secs").GetInt64()));
        Assert.Equal(Hex(envelope.Manifest.Hash()), Hex(document.UserData!.Value.Span));
        EnclaveConfig enclave = envelope.Manifest.Enclave;
        Assert.Equal(
            [Hex(enclave.Pcr0.Span), Hex(enclave.Pcr1.Span), Hex(enclave.Pcr2.Span), Hex(enclave.Pcr3.Span)],
            Enumerable.Range(0, 4).Select(index => Hex(document.Pcrs[index].Span)));
        Assert.Equal(
            Hex(ManifestCommitment.Setup(document.PublicKey!.Value.Span, envelope.Manifest.Hash()).Pcr), Hex(document.Pcrs[16].Span));
    }

    [Fact]
    public void Borsh_forms_are_the_pinned_ones()
    {
        using JsonDocument pinned = JsonDocument.Parse(VectorFiles.Bytes("qos", "borsh_stable.json"));
        using JsonDocument generated = JsonDocument.Parse(VectorFiles.Bytes("qos", "reference_generated", "borsh_stable.json"));
        Dictionary<string, JsonElement> entries =
            generated.RootElement.EnumerateArray().ToDictionary(static entry => entry.GetProperty("name").GetString()!);
        Assert.Equal(
            pinned.RootElement.EnumerateObject().Select(static pin => pin.Name).Where(static name => name != "note").Order(StringComparer.Ordinal),
            entries.Keys.Order(StringComparer.Ordinal));
        foreach ((string name, JsonElement entry) in entries)
        {
            byte[] borsh = Convert.FromHexString(entry.GetProperty("borsh_hex").GetString()!);
            JsonElement pin = pinned.RootElement.GetProperty(name);
            Assert.Equal(pin[0].GetInt32(), borsh.Length);
            Assert.Equal(pin[1].GetString(), Hex(SHA256.HashData(borsh)));

            byte[] json = Encoding.UTF8.GetBytes(entry.GetProperty("json").GetRawText());
            Assert.Equal(entry.GetProperty("qos_json").GetString(), Text(CanonicalJson.Canonicalize(json)));
            switch (name)
            {
                case "manifest_v0" or "manifest":
                    Assert.Equal(Hex(borsh), Hex(ManifestFormat.Read(json).HashedBytes()));
                    break;
                case "manifest_envelope_v0" or "manifest_envelope":
                    Assert.Equal(Hex(borsh), Hex(ManifestEnvelopeFormat.WriteBorsh(ManifestEnvelopeFormat.Read(json))));
                    break;
                default:
                    // A pivot alone is no artifact; it stands in a manifest of its version.
                    var manifest = JsonNode.Parse(entries[name.Replace("pivot_config", "manifest", StringComparison.Ordinal)].GetProperty("json").GetRawText())!;
                    manifest["pivot"] = JsonNode.Parse(json);
                    Assert.Contains(
                        Hex(borsh), Hex(ManifestFormat.Read(Encoding.UTF8.GetBytes(manifest.ToJsonString())).HashedBytes()), StringComparison.Ordinal);
                    break;
            }
        }
    }

    private static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);

    private static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);
}
