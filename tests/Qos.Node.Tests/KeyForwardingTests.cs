using System.Security.Cryptography;
using Qos.Keys;
using Qos.Nsm;
using Qos.Protocol;
using Qos.Simulator;

namespace Qos.Node.Tests;

/// <summary>Format: docs/protocol/messages.md, Key forwarding.</summary>
public sealed class KeyForwardingTests
{
    [Theory]
    [InlineData(5, false)]
    [InlineData(6, true)]
    [InlineData(uint.MaxValue, true)]
    public void A_provisioned_node_forwards_its_key(uint nonce, bool hasAnotherPivot)
    {
        using var quorum = new TestQuorum();
        using TestNode old = new TestNode(quorum).Provisioned(quorum);
        using var successor = new TestNode(quorum, seed: 200);
        byte[] pivot = hasAnotherPivot ? [9, 9, 9] : quorum.Pivot;
        Manifest manifest = quorum.Manifest with
        {
            Namespace = quorum.Manifest.Namespace with { Nonce = nonce },
            Pivot = quorum.Manifest.Pivot with { Hash = SHA256.HashData(pivot) },
        };
        ManifestEnvelope envelope = BootForward(successor, quorum, manifest, pivot);
        Assert.Equal(ProtocolPhase.WaitingForForwardedKey, successor.Phase);
        PublicKey setup = successor.EphemeralKey();

        var exported = old.Expect<ProtocolMessage.ExportKeyResponse>(
            new ProtocolMessage.ExportKeyRequest(envelope, successor.DocumentBytes()));
        successor.Expect<ProtocolMessage.InjectKeyResponse>(
            new ProtocolMessage.InjectKeyRequest(exported.EncryptedQuorumKey, exported.Signature));

        Assert.Equal(ProtocolPhase.QuorumKeyProvisioned, successor.Phase);
        Assert.Equal(ProtocolPhase.QuorumKeyProvisioned, old.Phase);
        using KeySet key = KeySet.FromHex(File.ReadAllBytes(successor.Folder["qos.quorum.key"]));
        Assert.Equal(quorum.Key.PublicKey, key.PublicKey);
        Assert.NotEqual(setup, successor.EphemeralKey());
        Assert.True(successor.Node.Provisioned.IsCompletedSuccessfully);

        // What was forwarded once is forwarded on.
        using var third = new TestNode(quorum, seed: 300);
        ManifestEnvelope again = BootForward(third, quorum, manifest, pivot);
        successor.Expect<ProtocolMessage.ExportKeyResponse>(new ProtocolMessage.ExportKeyRequest(again, third.DocumentBytes()));
    }

    [Fact]
    public void The_manifest_set_may_come_in_another_order()
    {
        using var quorum = new TestQuorum();
        using TestNode old = new TestNode(quorum).Provisioned(quorum);
        using var successor = new TestNode(quorum, seed: 200);
        Manifest manifest = Next(quorum) with
        {
            ManifestSet = quorum.Manifest.ManifestSet with { Members = [.. quorum.Manifest.ManifestSet.Members.Reverse()] },
        };
        ManifestEnvelope envelope = BootForward(successor, quorum, manifest);
        old.Expect<ProtocolMessage.ExportKeyResponse>(new ProtocolMessage.ExportKeyRequest(envelope, successor.DocumentBytes()));
    }

    [Fact]
    public void A_manifest_that_does_not_succeed_the_own_one_is_refused()
    {
        using var quorum = new TestQuorum();
        using var stranger = new TestQuorum(seed: 2);
        using TestNode old = new TestNode(quorum).Provisioned(quorum);
        Manifest next = Next(quorum);
        MemberSet set = next.ManifestSet;

        Check(ProtocolErrorCode.DifferentQuorumKey, next with { Namespace = next.Namespace with { QuorumKey = stranger.Key.PublicKey.Memory } });
        Check(ProtocolErrorCode.DifferentManifestSet, next with { ManifestSet = set with { Threshold = 1 } });
        Check(ProtocolErrorCode.DifferentManifestSet, next with { ManifestSet = set with { Threshold = 3 } });
        Check(ProtocolErrorCode.DifferentManifestSet, next with { ManifestSet = set with { Members = [.. set.Members.Take(2)] } });
        Check(
            ProtocolErrorCode.DifferentManifestSet,
            next with { ManifestSet = set with { Members = [.. set.Members.Take(2), stranger.Approvers[0].Member with { Alias = "x" }] } });
        Check(
            ProtocolErrorCode.DifferentManifestSet,
            next with { ManifestSet = set with { Members = [.. set.Members.Take(2), set.Members[2] with { Alias = "approver-3b" }] } });
        Check(ProtocolErrorCode.DifferentNamespaceName, next with { Namespace = next.Namespace with { Name = "test/other" } });
        Check(ProtocolErrorCode.LowNonce, next with { Namespace = next.Namespace with { Nonce = 4 } });
        Check(
            ProtocolErrorCode.DifferentManifest,
            quorum.Manifest with { Pivot = quorum.Manifest.Pivot with { Args = ["another"] } });
        Check(ProtocolErrorCode.DifferentPcr3, next with { Enclave = next.Enclave with { Pcr3 = TestQuorum.PcrValue(9) } }, pcr3: 9);

        void Check(ProtocolErrorCode expected, Manifest manifest, int? pcr3 = null)
        {
            ManifestEnvelope envelope = quorum.Approve(manifest);
            byte[] document = Documents(quorum, manifest, new DocumentChange { Pcr3 = pcr3 is { } value ? TestQuorum.PcrValue(value) : null });
            ProtocolError error = old.Refused(new ProtocolMessage.ExportKeyRequest(envelope, document));
            Assert.True(expected == error.Code, $"expected {expected}, got {error}");
            Assert.Equal(ProtocolPhase.QuorumKeyProvisioned, old.Phase);
        }
    }

    [Fact]
    public void Nonces_are_told_in_the_refusal()
    {
        using var quorum = new TestQuorum();
        using TestNode old = new TestNode(quorum).Provisioned(quorum);
        Manifest manifest = quorum.Manifest with { Namespace = quorum.Manifest.Namespace with { Nonce = 2 } };
        Assert.Equal(
            ProtocolError.LowNonce(5, 2),
            old.Refused(new ProtocolMessage.ExportKeyRequest(quorum.Approve(manifest), Documents(quorum, manifest, new()))));
    }

    [Fact]
    public void An_envelope_that_is_not_approved_is_refused()
    {
        using var quorum = new TestQuorum();
        using TestNode old = new TestNode(quorum).Provisioned(quorum);
        Manifest manifest = Next(quorum);
        ManifestEnvelope envelope = quorum.Approve(manifest);
        byte[] document = Documents(quorum, manifest, new());

        Check(ProtocolErrorCode.NotEnoughApprovals, envelope with { ManifestSetApprovals = [envelope.ManifestSetApprovals[0]] });
        Check(ProtocolErrorCode.NotManifestSetMember, envelope with { ManifestSetApprovals = [quorum.Holders[0].Approve(manifest)] });
        Check(ProtocolErrorCode.InvalidManifestApproval, quorum.Envelope with { Manifest = manifest });
        Check(ProtocolErrorCode.BadShareSetApprovals, envelope with { ShareSetApprovals = [quorum.Holders[0].Approve(manifest)] });
        old.Expect<ProtocolMessage.ExportKeyResponse>(new ProtocolMessage.ExportKeyRequest(envelope, document));

        void Check(ProtocolErrorCode expected, ManifestEnvelope refused) =>
            Assert.Equal(expected, old.Refused(new ProtocolMessage.ExportKeyRequest(refused, document)).Code);
    }

    /// <summary>What can be wrong with a document, each with the error it is refused with.</summary>
    public static TheoryData<string, ProtocolErrorCode> Documents_that_are_refused => new()
    {
        { "stale", ProtocolErrorCode.QosAttestError },
        { "from the future", ProtocolErrorCode.QosAttestError },
        { "another root", ProtocolErrorCode.QosAttestError },
        { "damaged", ProtocolErrorCode.QosAttestError },
        { "empty", ProtocolErrorCode.QosAttestError },
        { "another manifest", ProtocolErrorCode.QosAttestError },
        { "another image", ProtocolErrorCode.QosAttestError },
        { "another role", ProtocolErrorCode.QosAttestError },
        { "live phase", ProtocolErrorCode.QosAttestError },
        { "PCR16 not extended", ProtocolErrorCode.QosAttestError },
        { "PCR16 missing", ProtocolErrorCode.QosAttestError },
        { "PCR31 missing", ProtocolErrorCode.QosAttestError },
        { "a nonce", ProtocolErrorCode.QosAttestError },
        { "no user data", ProtocolErrorCode.QosAttestError },
        { "another node's key", ProtocolErrorCode.QosAttestError },
        { "no key", ProtocolErrorCode.MissingEphemeralKey },
        { "no valid key", ProtocolErrorCode.InvalidEphemeralKey },
    };

    [Theory]
    [MemberData(nameof(Documents_that_are_refused))]
    public void A_document_that_is_not_the_new_nodes_is_refused(string what, ProtocolErrorCode expected)
    {
        using var quorum = new TestQuorum();
        using TestNode old = new TestNode(quorum).Provisioned(quorum);
        Manifest manifest = Next(quorum);
        using SimulatorPki otherPki = SimulatorPki.Create(quorum.Clock);
        using KeySet otherKey = KeySet.Generate(quorum.Random);

        byte[] document = what switch
        {
            "stale" => Documents(quorum, manifest, new() { Age = TimeSpan.FromHours(4) }),
            "from the future" => Documents(quorum, manifest, new() { Age = -TimeSpan.FromHours(4) }),
            "another root" => Documents(quorum, manifest, new() { Pki = otherPki }),
            "damaged" => Damaged(Documents(quorum, manifest, new())),
            "empty" => [],
            "another manifest" => Documents(quorum, quorum.Manifest, new()),
            "another image" => Documents(quorum, manifest, new() { Pcr0 = TestQuorum.PcrValue(8) }),
            "another role" => Documents(quorum, manifest, new() { Pcr3 = TestQuorum.PcrValue(8) }),
            "live phase" => old.DocumentBytes().ToArray(),
            "PCR16 not extended" => Documents(quorum, manifest, new() { IsExtended = false }),
            "PCR16 missing" => Documents(quorum, manifest, new() { LockedPcrs = 16 }),
            "PCR31 missing" => Documents(quorum, manifest, new() { LockedPcrs = 31 }),
            "a nonce" => Documents(quorum, manifest, new() { Nonce = new byte[] { 1 } }),
            "no user data" => Documents(quorum, manifest, new() { HasUserData = false }),
            "another node's key" => Documents(quorum, manifest, new() { AttestedKey = otherKey.PublicKey.Memory }),
            "no key" => Documents(quorum, manifest, new() { HasKey = false }),
            _ => Documents(quorum, manifest, new() { CommittedKey = new byte[130], AttestedKey = new byte[130] }),
        };
        ManifestEnvelope envelope = quorum.Approve(what is "live phase" ? quorum.Manifest : manifest);

        ProtocolError error = old.Refused(new ProtocolMessage.ExportKeyRequest(envelope, document));

        Assert.True(expected == error.Code, $"{what}: expected {expected}, got {error}");
        Assert.Equal(ProtocolPhase.QuorumKeyProvisioned, old.Phase);
    }

    [Fact]
    public void The_nodes_own_NSM_says_what_time_it_is()
    {
        using var quorum = new TestQuorum();
        using TestNode old = new TestNode(quorum).Provisioned(quorum);
        byte[] document = Documents(quorum, Next(quorum), new());
        old.Faults = new NsmFaults { ClockSkew = TimeSpan.FromHours(4) };
        Assert.Equal(
            ProtocolErrorCode.QosAttestError,
            old.Refused(new ProtocolMessage.ExportKeyRequest(quorum.Approve(Next(quorum)), document)).Code);

        old.Faults = NsmFaults.None;
        old.Nsm.Lie = (_, _, _) => new NsmResponse.Error(NsmError.InternalError);
        Assert.Equal(
            ProtocolErrorCode.QosAttestError,
            old.Refused(new ProtocolMessage.ExportKeyRequest(quorum.Approve(Next(quorum)), document)).Code);
    }

    [Fact]
    public void A_pinned_trust_anchor_is_not_the_manifests_to_choose()
    {
        using var quorum = new TestQuorum();
        using TestNode old = new TestNode(quorum, trustAnchor: AwsRoot.Der.ToArray()).Provisioned(quorum);
        ProtocolError error = old.Refused(
            new ProtocolMessage.ExportKeyRequest(quorum.Approve(Next(quorum)), Documents(quorum, Next(quorum), new())));
        Assert.Equal(ProtocolErrorCode.QosAttestError, error.Code);
    }

    [Fact]
    public void A_key_file_that_is_gone_or_was_swapped_is_refused()
    {
        using var quorum = new TestQuorum();
        using TestNode old = new TestNode(quorum).Provisioned(quorum);
        var request = new ProtocolMessage.ExportKeyRequest(quorum.Approve(Next(quorum)), Documents(quorum, Next(quorum), new()));
        string path = old.Folder["qos.quorum.key"];

        File.Delete(path);
        Assert.Equal(ProtocolErrorCode.FailedToGetQuorumKey, old.Refused(request).Code);
        File.WriteAllText(path, "zz");
        Assert.Equal(ProtocolErrorCode.FailedToGetQuorumKey, old.Refused(request).Code);
        File.WriteAllText(path, new string('z', 64));
        Assert.Equal(ProtocolErrorCode.FailedToGetQuorumKey, old.Refused(request).Code);
        File.WriteAllText(path, new string('1', 64));
        Assert.Equal(ProtocolErrorCode.WrongQuorumKey, old.Refused(request).Code);
    }

    [Fact]
    public void An_injected_key_that_is_not_the_manifests_is_refused_and_the_right_one_still_taken()
    {
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);
        BootForward(node, quorum, Next(quorum));
        PublicKey setup = node.EphemeralKey();
        using SecretMemory seed = quorum.Key.ExportSeed();
        using KeySet other = KeySet.Generate(quorum.Random);
        using SecretMemory otherSeed = other.ExportSeed();
        ProtocolMessage.InjectKeyRequest good = Inject(seed.Span, setup, quorum.Key);

        Check(ProtocolErrorCode.InvalidEncryptedQuorumKeySignature, good with { Signature = new byte[64] });
        Check(ProtocolErrorCode.InvalidEncryptedQuorumKeySignature, good with { Signature = ReadOnlyMemory<byte>.Empty });
        Check(ProtocolErrorCode.InvalidEncryptedQuorumKeySignature, Inject(seed.Span, setup, other));
        Check(ProtocolErrorCode.P256Error, Inject(seed.Span, other.PublicKey, quorum.Key));
        Check(ProtocolErrorCode.EncryptedQuorumKeyInvalidLen, Inject(seed.Span[..31], setup, quorum.Key));
        Check(ProtocolErrorCode.EncryptedQuorumKeyInvalidLen, Inject([], setup, quorum.Key));
        Check(ProtocolErrorCode.WrongQuorumKey, Inject(otherSeed.Span, setup, quorum.Key));
        node.Expect<ProtocolMessage.InjectKeyResponse>(good);

        ProtocolMessage.InjectKeyRequest Inject(ReadOnlySpan<byte> secret, PublicKey receiver, KeySet signer)
        {
            byte[] envelope = receiver.Encrypt(secret, quorum.Random);
            return new ProtocolMessage.InjectKeyRequest(envelope, signer.Sign(envelope));
        }

        void Check(ProtocolErrorCode expected, ProtocolMessage.InjectKeyRequest request)
        {
            Assert.Equal(expected, node.Refused(request).Code);
            Assert.Equal(ProtocolPhase.WaitingForForwardedKey, node.Phase);
            Assert.Equal(setup, node.EphemeralKey());
        }
    }

    private static Manifest Next(TestQuorum quorum) =>
        quorum.Manifest with { Namespace = quorum.Manifest.Namespace with { Nonce = 6 } };

    private static ManifestEnvelope BootForward(TestNode node, TestQuorum quorum, Manifest manifest, byte[]? pivot = null)
    {
        ManifestEnvelope envelope = quorum.Approve(manifest);
        node.Expect<ProtocolMessage.BootKeyForwardResponse>(
            new ProtocolMessage.BootKeyForwardRequest(envelope, pivot ?? quorum.Pivot));
        return envelope;
    }

    private static byte[] Damaged(byte[] document)
    {
        document[^1] ^= 1;
        return document;
    }

    private static byte[] Documents(TestQuorum quorum, Manifest manifest, DocumentChange change) => change.Make(quorum, manifest);
}
