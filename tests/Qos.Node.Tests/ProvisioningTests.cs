using Qos.Keys;
using Qos.Protocol;

namespace Qos.Node.Tests;

/// <summary>Format: docs/protocol/messages.md, Provisioning, with its "Ours".</summary>
public sealed class ProvisioningTests
{
    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    [InlineData(2, 0)]
    [InlineData(1, 2)]
    public void Any_threshold_of_shares_in_any_order_makes_the_key(int first, int second)
    {
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);
        PublicKey setup = node.Boot(quorum);

        Assert.False(node.Expect<ProtocolMessage.ProvisionResponse>(quorum.Post(setup, first)).Reconstructed);
        Assert.False(node.Folder.Names.Contains("qos.quorum.key"));
        Assert.Equal(ProtocolPhase.WaitingForQuorumShards, node.Phase);
        Assert.True(node.Expect<ProtocolMessage.ProvisionResponse>(quorum.Post(setup, second)).Reconstructed);

        Assert.Equal(ProtocolPhase.QuorumKeyProvisioned, node.Phase);
        using KeySet quorumKey = KeySet.FromHex(File.ReadAllBytes(node.Folder["qos.quorum.key"]));
        Assert.Equal(quorum.Key.PublicKey, quorumKey.PublicKey);
        using KeySet live = KeySet.FromHex(File.ReadAllBytes(node.Folder["qos.ephemeral.key"]));
        Assert.NotEqual(setup, live.PublicKey);
        Assert.Equal(live.PublicKey, node.EphemeralKey());
    }

    [Fact]
    public async Task Provisioning_says_what_to_start()
    {
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);
        PublicKey setup = node.Boot(quorum);
        node.Send(quorum.Post(setup, 0));
        Assert.False(node.Node.Provisioned.IsCompleted);
        node.Send(quorum.Post(setup, 1));

        Assert.True(node.Node.Provisioned.IsCompletedSuccessfully);
        PivotLaunch launch = await node.Node.Provisioned;
        Assert.Equal(node.Folder["qos.pivot.bin"], launch.Path);
        Assert.Equal(quorum.Manifest.Pivot.Hash.ToArray(), launch.Sha256.ToArray());
        Assert.Equal(["--port", "3000"], launch.Arguments);
        Assert.True(launch.RestartAlways);
        Assert.False(launch.DebugMode);
        Assert.Equal(quorum.Manifest.Pivot.BridgeConfig, launch.Bridges);
        Assert.Equal([3000], launch.Bridges.Select(static bridge => (int)bridge.Port));
        Assert.Empty(launch.Environment);
        Assert.Null(launch.Resolvers);
    }

    [Fact]
    public void Approvals_are_recorded_in_the_envelope_and_its_file()
    {
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);
        PublicKey setup = node.Boot(quorum);
        Approval[] expected = [quorum.Holders[2].Approve(quorum.Manifest), quorum.Holders[0].Approve(quorum.Manifest)];

        node.Send(quorum.Post(setup, 2));
        Assert.Equal(expected[..1], Read(node).ShareSetApprovals);
        node.Send(quorum.Post(setup, 0));

        Assert.Equal(expected, Read(node).ShareSetApprovals);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead, File.GetUnixFileMode(node.Folder["qos.manifest"]));
        var answer = node.Expect<ProtocolMessage.ManifestEnvelopeResponse>(new ProtocolMessage.ManifestEnvelopeRequest());
        Assert.Equal(expected, answer.ManifestEnvelope!.ShareSetApprovals);
    }

    [Fact]
    public void A_member_who_posts_twice_counts_once()
    {
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);
        PublicKey setup = node.Boot(quorum);

        for (int post = 0; post < 3; post++)
            Assert.False(node.Expect<ProtocolMessage.ProvisionResponse>(quorum.Post(setup, 1)).Reconstructed);
        // The same member with a share that is not the own one: it takes the slot of the first.
        Assert.False(node.Expect<ProtocolMessage.ProvisionResponse>(quorum.Post(setup, 1, share: 2)).Reconstructed);

        Assert.Equal(["holder-2"], node.Status().Shares!.Received);
        Assert.Single(Read(node).ShareSetApprovals);
        Assert.True(node.Expect<ProtocolMessage.ProvisionResponse>(quorum.Post(setup, 0)).Reconstructed);
    }

    [Fact]
    public void A_share_that_does_not_count_leaves_no_trace()
    {
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);
        using var other = new TestQuorum(seed: 2);
        PublicKey setup = node.Boot(quorum);
        byte[] before = File.ReadAllBytes(node.Folder["qos.manifest"]);
        ProtocolMessage.ProvisionRequest good = quorum.Post(setup, 0);
        var stranger = new TestMember("stranger", KeySet.Generate(quorum.Random));
        byte[] damaged = good.Share.ToArray();
        damaged[^1] ^= 1;

        Check(ProtocolErrorCode.CouldNotVerifyApproval, good with { Approval = good.Approval with { Signature = new byte[64] } });
        Check(ProtocolErrorCode.CouldNotVerifyApproval, good with { Approval = good.Approval with { Signature = new byte[5] } });
        Check(ProtocolErrorCode.CouldNotVerifyApproval, good with { Approval = quorum.Holders[0].Approve(other.Manifest) });
        Check(ProtocolErrorCode.CouldNotVerifyApproval, good with { Approval = good.Approval with { Member = quorum.Holders[1].Member } });
        Check(ProtocolErrorCode.P256Error, good with { Approval = good.Approval with { Member = new QuorumMember("holder-1", new byte[12]) } });
        Check(ProtocolErrorCode.NotShareSetMember, good with { Approval = stranger.Approve(quorum.Manifest) });
        Check(ProtocolErrorCode.NotShareSetMember, good with { Approval = quorum.Approvers[0].Approve(quorum.Manifest) });
        Check(ProtocolErrorCode.NotShareSetMember, good with { Approval = new TestMember("alias", quorum.Holders[0].Key).Approve(quorum.Manifest) });
        Check(ProtocolErrorCode.DecryptionFailed, good with { Share = damaged });
        Check(ProtocolErrorCode.DecryptionFailed, good with { Share = ReadOnlyMemory<byte>.Empty });
        Check(ProtocolErrorCode.DecryptionFailed, good with { Share = quorum.Post(quorum.Holders[0].Key.PublicKey, 0).Share });
        Check(ProtocolErrorCode.InvalidShare, quorum.Post(setup, 0, []));
        Check(ProtocolErrorCode.InvalidShare, quorum.Post(setup, 0, [1]));
        Check(ProtocolErrorCode.InvalidShare, quorum.Post(setup, 0, new byte[32]));
        Check(ProtocolErrorCode.InvalidShare, quorum.Post(setup, 0, [1, .. new byte[33]]));
        Check(ProtocolErrorCode.InvalidShare, quorum.Post(setup, 0, new byte[33]));

        Assert.Empty(node.Status().Shares!.Received);
        Assert.Equal(before, File.ReadAllBytes(node.Folder["qos.manifest"]));
        Assert.False(node.Expect<ProtocolMessage.ProvisionResponse>(good).Reconstructed);

        void Check(ProtocolErrorCode expected, ProtocolMessage.ProvisionRequest request)
        {
            Assert.Equal(expected, node.Refused(request).Code);
            Assert.Equal(ProtocolPhase.WaitingForQuorumShards, node.Phase);
        }
    }

    [Fact]
    public void A_wrong_share_as_the_last_one_keeps_the_node_open_for_the_others()
    {
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);
        PublicKey setup = node.Boot(quorum);
        byte[] wrong = quorum.Shares[1].Span.ToArray();
        wrong[7] ^= 0x10;

        node.Send(quorum.Post(setup, 0));
        Assert.Equal(ProtocolErrorCode.ReconstructionErrorIncorrectPubKey, node.Refused(quorum.Post(setup, 1, wrong)).Code);
        Assert.Equal(ProtocolPhase.WaitingForQuorumShards, node.Phase);
        Assert.Equal(["qos.ephemeral.key", "qos.manifest", "qos.pivot.bin"], node.Folder.Names);
        Assert.Equal(["holder-1", "holder-2"], node.Status().Shares!.Received);

        Assert.True(node.Expect<ProtocolMessage.ProvisionResponse>(quorum.Post(setup, 2)).Reconstructed);
    }

    [Fact]
    public void A_member_can_correct_a_wrong_share()
    {
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);
        PublicKey setup = node.Boot(quorum);
        byte[] wrong = quorum.Shares[0].Span.ToArray();
        wrong[30] ^= 1;

        node.Send(quorum.Post(setup, 0, wrong));
        Assert.Equal(ProtocolErrorCode.ReconstructionErrorIncorrectPubKey, node.Refused(quorum.Post(setup, 1)).Code);
        Assert.True(node.Expect<ProtocolMessage.ProvisionResponse>(quorum.Post(setup, 0)).Reconstructed);
        Assert.Equal(2, Read(node).ShareSetApprovals.Count);
    }

    [Fact]
    public void A_share_under_another_members_identifier_is_not_combined_with_it()
    {
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);
        PublicKey setup = node.Boot(quorum);

        node.Send(quorum.Post(setup, 0));
        // The second holder posts the first one's share: there are two, but only one identifier.
        Assert.Equal(ProtocolErrorCode.QosCrypto, node.Refused(quorum.Post(setup, 1, share: 0)).Code);
        Assert.Equal(ProtocolPhase.WaitingForQuorumShards, node.Phase);
        Assert.True(node.Expect<ProtocolMessage.ProvisionResponse>(quorum.Post(setup, 2)).Reconstructed);
    }

    [Fact]
    public void Several_bad_shares_do_not_keep_the_good_ones_from_the_key()
    {
        using var quorum = new TestQuorum(members: 9, threshold: 4);
        using var node = new TestNode(quorum);
        PublicKey setup = node.Boot(quorum);

        for (int bad = 0; bad < 5; bad++)
        {
            byte[] share = quorum.Shares[bad].Span.ToArray();
            share[1 + bad] ^= 0xFF;
            node.Send(quorum.Post(setup, bad, share));
        }

        for (int good = 5; good < 8; good++)
            Assert.Equal(ProtocolErrorCode.ReconstructionErrorIncorrectPubKey, node.Refused(quorum.Post(setup, good)).Code);
        Assert.True(node.Expect<ProtocolMessage.ProvisionResponse>(quorum.Post(setup, 8)).Reconstructed);
        Assert.Equal(9, Read(node).ShareSetApprovals.Count);
    }

    [Fact]
    public void The_key_is_there_with_the_last_good_share_that_is_needed_and_not_before()
    {
        const int Seed = 9;
        var random = new Random(Seed);
        for (int round = 0; round < 6; round++)
        {
            int threshold = random.Next(2, 5);
            int members = random.Next(threshold, 8);
            using var quorum = new TestQuorum(seed: 50 + round, members, threshold);
            using var node = new TestNode(quorum);
            PublicKey setup = node.Boot(quorum);
            int[] order = [.. Enumerable.Range(0, members)];
            random.Shuffle(order);
            var bad = order.Take(members - threshold).ToHashSet();
            random.Shuffle(order);

            int good = 0;
            foreach (int holder in order)
            {
                byte[] share = quorum.Shares[holder].Span.ToArray();
                if (bad.Contains(holder))
                    share[random.Next(1, share.Length)] ^= (byte)random.Next(1, 256);
                else
                    good++;
                ProtocolMessage answer = node.Send(quorum.Post(setup, holder, share));
                string context = $"seed {Seed}, round {round}: {threshold} of {members}, {good} good ones: {answer}";
                bool isThere = answer is ProtocolMessage.ProvisionResponse { Reconstructed: true };
                Assert.True(isThere == (good == threshold), context);
                if (isThere)
                    break;
                Assert.True(node.Phase is ProtocolPhase.WaitingForQuorumShards, context);
            }

            Assert.Equal(ProtocolPhase.QuorumKeyProvisioned, node.Phase);
        }
    }

    [Fact]
    public void Bad_shares_cannot_keep_a_node_busy()
    {
        using var quorum = new TestQuorum(members: 20, threshold: 10);
        byte[] wrong = new byte[KeySet.SeedSize];
        ShareSlot[] slots = [.. quorum.Holders.Select((holder, index) => new ShareSlot(
            holder.Approve(quorum.Manifest), SecretMemory.CopyOf([(byte)(index + 1), .. wrong])))];
        var search = new QuorumKeySearch(quorum.Key.PublicKey.Memory, 10, quorum.Random);

        Assert.Null(search.Find(slots[^1], slots));

        Assert.Equal(NodeLimits.MaximumCombinations, search.Tried);
        foreach (ShareSlot slot in slots)
            slot.Share.Dispose();
    }

    [Fact]
    public void A_development_set_of_one_is_provisioned_by_its_only_share()
    {
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);
        Manifest manifest = quorum.Manifest with { ShareSet = new MemberSet(1, [quorum.Holders[0].Member]) };
        node.Expect<ProtocolMessage.BootStandardResponse>(
            new ProtocolMessage.BootStandardRequest(quorum.Approve(manifest), quorum.Pivot));
        using SecretMemory seed = quorum.Key.ExportSeed();
        byte[] share = [1, .. seed.Span];

        var request = new ProtocolMessage.ProvisionRequest(
            node.EphemeralKey().Encrypt(share, quorum.Random), quorum.Holders[0].Approve(manifest));
        Assert.True(node.Expect<ProtocolMessage.ProvisionResponse>(request).Reconstructed);
    }

    [Theory]
    [InlineData("stage new envelope")]
    [InlineData("stage live key")]
    [InlineData("stage quorum key")]
    [InlineData("publish new envelope")]
    public void A_full_disk_refuses_the_share_and_the_same_share_can_be_posted_again(string step)
    {
        using var quorum = new TestQuorum();
        FailingFiles? files = null;
        using var node = new TestNode(quorum, inner => files = new FailingFiles(inner));
        PublicKey setup = node.Boot(quorum);
        node.Send(quorum.Post(setup, 0));

        files!.Fails = step;
        Assert.Equal(ProtocolErrorCode.FailedToPutPivot, node.Refused(quorum.Post(setup, 1)).Code);
        Assert.Equal(ProtocolPhase.WaitingForQuorumShards, node.Phase);
        Assert.Equal(["qos.ephemeral.key", "qos.manifest", "qos.pivot.bin"], node.Folder.Names);
        Assert.Equal(["holder-1"], node.Status().Shares!.Received);

        files.Fails = null;
        Assert.True(node.Expect<ProtocolMessage.ProvisionResponse>(quorum.Post(setup, 1)).Reconstructed);
    }

    [Fact]
    public void Failing_between_the_live_key_and_the_quorum_key_ends_the_node()
    {
        using var quorum = new TestQuorum();
        FailingFiles? files = null;
        using var node = new TestNode(quorum, inner => files = new FailingFiles(inner));
        PublicKey setup = node.Boot(quorum);
        node.Send(quorum.Post(setup, 0));

        files!.Fails = "publish live key";
        Assert.Equal(ProtocolErrorCode.FailedToPutPivot, node.Refused(quorum.Post(setup, 1)).Code);
        Assert.Equal(ProtocolPhase.WaitingForQuorumShards, node.Phase);

        files.Fails = "publish quorum key";
        Assert.Equal(ProtocolErrorCode.FailedToPutPivot, node.Refused(quorum.Post(setup, 1)).Code);
        Assert.Equal(ProtocolPhase.UnrecoverableError, node.Phase);
        Assert.False(node.Folder.Names.Contains("qos.quorum.key"));
        Assert.False(node.Node.Provisioned.IsCompleted);
    }

    [Fact]
    public void The_status_names_who_is_missing()
    {
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);
        Assert.Null(node.Status().Shares);
        PublicKey setup = node.Boot(quorum);
        Assert.Equal(["holder-1", "holder-2", "holder-3"], node.Status().Shares!.Missing);
        node.Send(quorum.Post(setup, 1));

        ShareStatus shares = node.Status().Shares!;
        Assert.Equal(2u, shares.Threshold);
        Assert.Equal(["holder-2"], shares.Received);
        Assert.Equal(["holder-1", "holder-3"], shares.Missing);
    }

    [Fact]
    public void No_secret_is_in_the_log()
    {
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);
        PublicKey setup = node.Boot(quorum);
        byte[] wrong = quorum.Shares[1].Span.ToArray();
        wrong[9] ^= 1;
        node.Send(quorum.Post(setup, 0, [1, 2, 3]));
        node.Send(quorum.Post(setup, 0));
        node.Send(quorum.Post(setup, 1, wrong));
        node.Send(quorum.Post(setup, 1));

        string log = string.Join('\n', node.Log.Select(entry => entry.Message));
        Assert.Contains("QuorumKeyProvisioned", log, StringComparison.Ordinal);
        foreach (SecretMemory share in quorum.Shares)
            Assert.DoesNotContain(Convert.ToHexStringLower(share.Span[1..9]), log, StringComparison.OrdinalIgnoreCase);
        Assert.All(node.Log, entry => Assert.DoesNotContain('\n', entry.Message));
    }

    private static ManifestEnvelope Read(TestNode node) => ManifestEnvelopeFormat.Read(File.ReadAllBytes(node.Folder["qos.manifest"]));
}
