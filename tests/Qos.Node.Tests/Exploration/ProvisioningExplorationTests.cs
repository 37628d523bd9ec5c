using Qos.Keys;
using Qos.Protocol;
using Content = Qos.Node.Tests.SlotModel.Content;

namespace Qos.Node.Tests;

/// <summary>Every state of provisioning, as <see cref="ReshareExplorationTests"/>: only here the host can put a share of its own under a member's approval.</summary>
public sealed class ProvisioningExplorationTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(2, 2)]
    [InlineData(3, 2)]
    [InlineData(3, 3)]
    [InlineData(4, 2)]
    [InlineData(4, 3)]
    public void Every_state_is_as_the_model_says(int members, int threshold)
    {
        using var quorum = new TestQuorum(members: members, threshold: threshold);
        var reshare = new TestReshare(quorum);
        using var first = new TestNode(quorum);
        PublicKey setup = first.Boot(quorum);
        using var elsewhere = new TestNode(quorum, seed: 200);
        PublicKey elsewhereKey = elsewhere.Boot(quorum);
        Manifest other = quorum.Manifest with { Namespace = quorum.Manifest.Namespace with { Nonce = 6 } };
        List<(string, ProtocolMessage, ProtocolErrorCode)> foreign =
        [
            ("a boot", quorum.BootRequest, ProtocolErrorCode.NoMatchingRoute),
            ("a reshare", new ProtocolMessage.ReshareBootRequest(reshare.Envelope), ProtocolErrorCode.NoMatchingRoute),
            ("a reshare's state", new ProtocolMessage.ReshareStateRequest(), ProtocolErrorCode.NoMatchingRoute),
            ("a forwarded key", new ProtocolMessage.InjectKeyRequest(setup.Encrypt(new byte[32], quorum.Random), new byte[64]), ProtocolErrorCode.NoMatchingRoute),
            ("a request for the key", new ProtocolMessage.ExportKeyRequest(quorum.Envelope, elsewhere.DocumentBytes()), ProtocolErrorCode.NoMatchingRoute),
        ];
        for (int member = 0; member < members; member++)
        {
            ProtocolMessage.ProvisionRequest own = quorum.Post(setup, member);
            foreign.AddRange(
            [
                ("a post for a reshare", reshare.Post(setup, member), ProtocolErrorCode.NoMatchingRoute),
                ("a post for another node", quorum.Post(elsewhereKey, member), ProtocolErrorCode.DecryptionFailed),
                ("an approval of another manifest", own with { Approval = quorum.Holders[member].Approve(other) }, ProtocolErrorCode.CouldNotVerifyApproval),
                ("an approval of a reshare", own with { Approval = TestReshare.Approve(reshare.Request, quorum.Holders[member]) }, ProtocolErrorCode.CouldNotVerifyApproval),
                ("a reshare's post as an approval", own with { Approval = reshare.Post(setup, member).Approval }, ProtocolErrorCode.CouldNotVerifyApproval),
                ("another member's name", own with { Approval = own.Approval with { Member = quorum.Holders[(member + 1) % members].Member } }, ProtocolErrorCode.CouldNotVerifyApproval),
                ("an approver", own with { Approval = quorum.Approvers[0].Approve(quorum.Manifest) }, ProtocolErrorCode.NotShareSetMember),
            ]);
        }

        var model = new SlotModel(members, threshold);
        var explorer = new SlotExplorer(
            model,
            () =>
            {
                var node = new TestNode(quorum, inMemory: true);
                node.Boot(quorum);
                return node;
            },
            (member, content) => content == Content.Wrong
                ? quorum.Post(setup, member, quorum.WrongShare(member))
                : quorum.Post(setup, member, model.ShareOf(member, content)),
            foreign,
            static answer => Assert.IsType<ProtocolMessage.ProvisionResponse>(answer).Reconstructed,
            (node, slots, complete) =>
            {
                Assert.Equal(complete ? ProtocolPhase.QuorumKeyProvisioned : ProtocolPhase.WaitingForQuorumShards, node.Phase);
                Assert.Equal(complete, node.Folder.Names.Contains("qos.quorum.key"));
                Assert.Equal(complete, node.Node.Provisioned.IsCompleted);
                if (!complete)
                    Assert.Equal(quorum.Holders.Where((_, i) => slots[i] != Content.None).Select(static holder => holder.Member.Alias), node.Status().Shares!.Received);
            });
        explorer.Explore();
        output.WriteLine($"{explorer.States} states, {explorer.Transitions} transitions");
        Assert.True(explorer.States > 1);
    }
}
