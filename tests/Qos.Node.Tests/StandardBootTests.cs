using Qos.Keys;
using Qos.Nsm;
using Qos.Protocol;

namespace Qos.Node.Tests;

/// <summary>Format: docs/protocol/messages.md, Standard boot.</summary>
public sealed class StandardBootTests
{
    [Fact]
    public void A_boot_commits_publishes_and_attests_the_setup_key()
    {
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);

        var answer = node.Expect<ProtocolMessage.BootStandardResponse>(quorum.BootRequest);

        Assert.Equal(ProtocolPhase.WaitingForQuorumShards, node.Phase);
        Assert.Equal(["qos.ephemeral.key", "qos.manifest", "qos.pivot.bin"], node.Folder.Names);
        Assert.Equal(quorum.Pivot, File.ReadAllBytes(node.Folder["qos.pivot.bin"]));
        Assert.Equal(ManifestEnvelopeFormat.Write(quorum.Envelope), File.ReadAllBytes(node.Folder["qos.manifest"]));

        AttestationDocument document = AttestationDocument.Parse(
            Assert.IsType<NsmResponse.Attestation>(answer.NsmResponse).Document.Span);
        new AttestationVerifier(quorum.Pki.RootDer.Span).Verify(document, quorum.Clock.Now);
        byte[] hash = ManifestFormat.Hash(quorum.Manifest);
        Assert.Equal(hash, document.UserData!.Value.ToArray());
        Assert.Null(document.Nonce);
        using KeySet setup = KeySet.FromHex(File.ReadAllBytes(node.Folder["qos.ephemeral.key"]));
        Assert.Equal(setup.PublicKey.Bytes.ToArray(), document.PublicKey!.Value.ToArray());
        Assert.Equal(ManifestCommitment.Setup(setup.PublicKey.Bytes, hash).Pcr.ToArray(), document.Pcrs[16].ToArray());
        Assert.Equal(32, document.Pcrs.Count);
        Assert.Equal(TestQuorum.PcrValue(3), document.Pcrs[3].ToArray());
    }

    [Fact]
    public void The_live_key_is_another_than_the_setup_key_and_PCR17_commits_to_it()
    {
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);
        PublicKey setup = node.Boot(quorum);

        foreach (int holder in (int[])[0, 1])
            node.Send(quorum.Post(setup, holder));

        PublicKey live = node.EphemeralKey();
        Assert.NotEqual(setup, live);
        Assert.Equal(
            ManifestCommitment.Live(live.Bytes, ManifestFormat.Hash(quorum.Manifest)).Pcr.ToArray(),
            node.Document().Pcrs[17].ToArray());
    }

    [Fact]
    public void Nothing_is_asked_of_NSM_and_nothing_written_before_the_envelope_and_the_pivot_are_checked()
    {
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);

        ProtocolError error = node.Refused(quorum.BootRequest with { Pivot = "another"u8.ToArray() });

        Assert.Equal(ProtocolErrorCode.InvalidPivotHash, error.Code);
        var hashes = Assert.IsType<ProtocolErrorPayload.Different>(error.Payload);
        Assert.Equal(Convert.ToHexStringLower(quorum.Manifest.Pivot.Hash.Span), hashes.Expected);
        Assert.Empty(node.Nsm.Requests);
        Assert.Empty(node.Folder.Names);
        Assert.Equal(ProtocolPhase.WaitingForBootInstruction, node.Phase);
        node.Boot(quorum);
    }

    [Fact]
    public void Envelopes_that_are_not_approved_are_refused_and_the_node_still_boots()
    {
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);
        Approval[] good = [.. quorum.Envelope.ManifestSetApprovals];
        var stranger = new TestMember("stranger", KeySet.Generate(quorum.Random));
        var renamed = new TestMember("another alias", quorum.Approvers[1].Key);
        byte[] damaged = good[1].Signature.ToArray();
        damaged[40] ^= 1;

        Check(ProtocolErrorCode.NotEnoughApprovals, good[0]);
        Check(ProtocolErrorCode.NotEnoughApprovals);
        Check(ProtocolErrorCode.DuplicateApproval, good[0], good[0]);
        Check(ProtocolErrorCode.NotManifestSetMember, good[0], stranger.Approve(quorum.Manifest));
        Check(ProtocolErrorCode.NotManifestSetMember, good[0], renamed.Approve(quorum.Manifest));
        Check(ProtocolErrorCode.InvalidManifestApproval, good[0], good[1] with { Signature = damaged });
        Assert.Equal(
            ProtocolErrorCode.BadShareSetApprovals,
            node.Refused(quorum.BootRequest with { ManifestEnvelope = quorum.Envelope with { ShareSetApprovals = [good[0]] } }).Code);

        Assert.Empty(node.Folder.Names);
        node.Boot(quorum);

        void Check(ProtocolErrorCode expected, params Approval[] approvals)
        {
            ManifestEnvelope envelope = quorum.Envelope with { ManifestSetApprovals = approvals };
            Assert.Equal(expected, node.Refused(quorum.BootRequest with { ManifestEnvelope = envelope }).Code);
            Assert.Equal(ProtocolPhase.WaitingForBootInstruction, node.Phase);
        }
    }

    [Fact]
    public void Two_members_with_one_key_are_refused()
    {
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);
        QuorumMember[] members = [quorum.Approvers[0].Member, quorum.Approvers[0].Member with { Alias = "again" }];
        Manifest manifest = quorum.Manifest with { ManifestSet = new MemberSet(1, members) };

        Assert.Equal(
            ProtocolErrorCode.DuplicateQuorumMember,
            node.Refused(new ProtocolMessage.BootStandardRequest(quorum.Approve(manifest), quorum.Pivot)).Code);
    }

    [Fact]
    public void A_boot_with_a_share_set_that_can_never_provision_is_refused_before_anything_is_changed()
    {
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);
        foreach (uint threshold in (uint[])[0, 4, uint.MaxValue])
        {
            Manifest manifest = quorum.Manifest with { ShareSet = quorum.Manifest.ShareSet with { Threshold = threshold } };
            node.Refused(new ProtocolMessage.BootStandardRequest(quorum.Approve(manifest), quorum.Pivot));
        }

        Assert.Empty(node.Nsm.Requests);
        Assert.Empty(node.Folder.Names);
        Assert.Equal(ProtocolPhase.WaitingForBootInstruction, node.Phase);
    }

    [Theory]
    [InlineData("stage pivot")]
    [InlineData("write pivot")]
    [InlineData("stage setup key")]
    [InlineData("stage envelope")]
    public void A_full_disk_is_found_before_the_PCRs_are_touched(string step)
    {
        using var quorum = new TestQuorum();
        FailingFiles? files = null;
        using var node = new TestNode(quorum, inner => files = new FailingFiles(inner));

        files!.Fails = step;
        Assert.Equal(ProtocolErrorCode.FailedToPutPivot, node.Refused(quorum.BootRequest).Code);

        Assert.Equal(ProtocolPhase.WaitingForBootInstruction, node.Phase);
        Assert.Empty(node.Nsm.Requests);
        Assert.Empty(node.Folder.Names);
        files.Fails = null;
        node.Boot(quorum);
    }

    [Theory]
    [InlineData("publish setup key", false, false)]
    [InlineData("publish pivot", true, false)]
    [InlineData("publish envelope", true, false)]
    public void Failing_to_publish_after_the_PCRs_are_locked_ends_the_node(string step, bool hasKey, bool hasEnvelope)
    {
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum, inner => new FailingFiles(inner) { Fails = step });

        Assert.Equal(ProtocolErrorCode.FailedToPutPivot, node.Refused(quorum.BootRequest).Code);

        Assert.Equal(ProtocolPhase.UnrecoverableError, node.Phase);
        Assert.DoesNotContain(node.Folder.Names, name => name.StartsWith('.'));
        Assert.Equal(hasKey, node.Folder.Names.Contains("qos.ephemeral.key"));
        var answer = node.Expect<ProtocolMessage.ManifestEnvelopeResponse>(new ProtocolMessage.ManifestEnvelopeRequest());
        Assert.Equal(hasEnvelope, answer.ManifestEnvelope is not null);
        Assert.Equal(
            ProtocolError.NoMatchingRoute(ProtocolPhase.UnrecoverableError), node.Refused(quorum.BootRequest));
        Assert.Equal(
            hasKey ? ProtocolErrorCode.FailedToGetManifestEnvelope : ProtocolErrorCode.FailedToGetEphemeralKey,
            node.Refused(new ProtocolMessage.LiveAttestationDocRequest()).Code);
    }

    [Fact]
    public void An_NSM_that_does_not_attest_after_the_boot_is_passed_on_and_can_be_asked_again()
    {
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);
        node.Nsm.Lie = (request, count, _) =>
            request is NsmRequest.Attestation && count == 1 ? new NsmResponse.Error(NsmError.InternalError) : null;

        var answer = node.Expect<ProtocolMessage.BootStandardResponse>(quorum.BootRequest);

        Assert.Equal(new NsmResponse.Error(NsmError.InternalError), answer.NsmResponse);
        Assert.Equal(ProtocolPhase.WaitingForQuorumShards, node.Phase);
        Assert.NotNull(node.Document().PublicKey);
    }

    [Fact]
    public async Task The_staged_pivot_is_discarded_when_the_boot_is_refused()
    {
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);
        using (IPivotStage stage = node.Files.StagePivot())
        {
            stage.Write("something else"u8);
            using StagedPivot pivot = stage.Complete();
            var answer = Assert.IsType<ProtocolMessage.ProtocolErrorResponse>(await node.Node.HandleAsync(quorum.BootRequest, pivot, CancellationToken.None));
            Assert.Equal(ProtocolErrorCode.InvalidPivotHash, answer.Error.Code);
        }

        Assert.Empty(node.Folder.Names);
        node.Boot(quorum);
    }
}
