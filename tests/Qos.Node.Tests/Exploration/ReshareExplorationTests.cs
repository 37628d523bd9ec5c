using Qos.Keys;
using Qos.Protocol;
using Content = Qos.Node.Tests.SlotModel.Content;

namespace Qos.Node.Tests;

/// <summary>
/// Every state of a reshare, for sets of up to four members, under an adversary who owns the host: messages are dropped, repeated, reordered, swapped
/// between nodes and requests, and members post what is not theirs. In no state is the key there without as many members' consent as the threshold says, and out of every
/// state as many honest members lead.
/// </summary>
public sealed class ReshareExplorationTests(ITestOutputHelper output)
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
        var otherRequest = new TestReshare(quorum, nonce: 2);
        var drill = new TestReshare(quorum, isDrill: true);
        using var elsewhere = new TestNode(quorum, seed: 200);
        PublicKey elsewhereKey = reshare.Begin(elsewhere);
        PublicKey setup = SetupKey(quorum, reshare);
        List<(string, ProtocolMessage, ProtocolErrorCode)> foreign =
        [
            ("another request", new ProtocolMessage.ReshareBootRequest(otherRequest.Envelope), ProtocolErrorCode.NoMatchingRoute),
            ("the same request", new ProtocolMessage.ReshareBootRequest(reshare.Envelope), ProtocolErrorCode.NoMatchingRoute),
            ("a boot", quorum.BootRequest, ProtocolErrorCode.NoMatchingRoute),
            ("a key-forward boot", new ProtocolMessage.BootKeyForwardRequest(quorum.Envelope, quorum.Pivot), ProtocolErrorCode.NoMatchingRoute),
            ("a genesis", new ProtocolMessage.BootGenesisRequest(new GenesisSet([], 2), null), ProtocolErrorCode.NoMatchingRoute),
        ];
        for (int member = 0; member < members; member++)
        {
            TestMember holder = quorum.Holders[member];
            ProtocolMessage.ReshareShareRequest own = reshare.Post(setup, member);
            TestMember next = quorum.Holders[(member + 1) % members];
            foreign.AddRange(
            [
                ("a post for provisioning", quorum.Post(setup, member), ProtocolErrorCode.NoMatchingRoute),
                ("a post for another node", reshare.Post(elsewhereKey, member), ProtocolErrorCode.CouldNotVerifyApproval),
                ("a post for another request", otherRequest.Post(setup, member), ProtocolErrorCode.CouldNotVerifyApproval),
                ("a post for a drill", drill.Post(setup, member), ProtocolErrorCode.CouldNotVerifyApproval),
                ("a share that the host put in its place", own with { Share = setup.Encrypt(quorum.Shares[member].Span, quorum.Random) }, ProtocolErrorCode.CouldNotVerifyApproval),
                ("an approval of the request", own with { Approval = TestReshare.Approve(reshare.Request, holder) }, ProtocolErrorCode.CouldNotVerifyApproval),
                ("an approval of a manifest", own with { Approval = holder.Approve(quorum.Manifest) }, ProtocolErrorCode.CouldNotVerifyApproval),
                ("another member's name", own with { Approval = own.Approval with { Member = next.Member } }, ProtocolErrorCode.CouldNotVerifyApproval),
                ("somebody who gets a new share", reshare.Post(setup, reshare.Newcomers[0], own.Share.ToArray()), ProtocolErrorCode.NotShareSetMember),
                ("an approver", reshare.Post(setup, quorum.Approvers[0], own.Share.ToArray()), ProtocolErrorCode.NotShareSetMember),
            ]);
        }

        var model = new SlotModel(members, threshold);
        var explorer = new SlotExplorer(
            model,
            () =>
            {
                var node = new TestNode(quorum, inMemory: true);
                reshare.Begin(node);
                return node;
            },
            (member, content) => content == Content.Wrong
                ? reshare.Post(setup, member, quorum.WrongShare(member))
                : reshare.Post(setup, member, model.ShareOf(member, content)),
            foreign,
            static answer => Assert.IsType<ProtocolMessage.ReshareStateResponse>(answer).State.Output is not null,
            (node, slots, complete) =>
            {
                ReshareState state = node.Expect<ProtocolMessage.ReshareStateResponse>(new ProtocolMessage.ReshareStateRequest()).State;
                Assert.Equal(
                    quorum.Holders.Where((_, i) => slots[i] != Content.None).Select(static holder => holder.Member).ToHashSet(), state.Received.ToHashSet());
                Assert.Equal(complete, state.Output is not null);
                Assert.False(node.Node.Provisioned.IsCompleted);
                Assert.Empty(node.Folder.Names);
                if (state.Output is { } made)
                    Assert.True(model.IsKey(slots, [.. made.Contributors.Select(member => Array.FindIndex(quorum.Holders, holder => holder.Member.Equals(member)))]), "the contributors' shares do not make the key");
            });
        explorer.Explore();
        output.WriteLine($"{explorer.States} states, {explorer.Transitions} transitions");
        Assert.True(explorer.States > 1);
    }

    /// <summary>A request is taken with as many old members' approvals of it as are needed and nothing else among them, and with no other selection of what they ever signed.</summary>
    [Theory]
    [InlineData(2, 2)]
    [InlineData(3, 2)]
    [InlineData(4, 3)]
    public void Every_selection_of_approvals(int members, int threshold)
    {
        using var quorum = new TestQuorum(members: members, threshold: threshold);
        var reshare = new TestReshare(quorum);
        var other = new TestReshare(quorum, nonce: 2);
        var drill = new TestReshare(quorum, isDrill: true);
        using var elsewhere = new TestNode(quorum, inMemory: true);
        PublicKey setup = reshare.Begin(elsewhere);
        // What each of them may have signed: nothing, this request, another one, a drill, a manifest, a share that was given for this request.
        Func<int, Approval>[] signed =
        [
            holder => TestReshare.Approve(reshare.Request, quorum.Holders[holder]), holder => TestReshare.Approve(other.Request, quorum.Holders[holder]),
            holder => TestReshare.Approve(drill.Request, quorum.Holders[holder]), holder => quorum.Holders[holder].Approve(quorum.Manifest), holder => reshare.Post(setup, holder).Approval,
        ];
        Approval[][] all = [.. Enumerable.Range(0, members).Select(holder => signed.Select(sign => sign(holder)).ToArray())];
        var node = new TestNode(quorum, inMemory: true);
        int taken = 0;
        int selections = (int)Math.Pow(signed.Length + 1, members);
        for (int selection = 0; selection < selections; selection++)
        {
            int[] chosen = [.. Enumerable.Range(0, members).Select(holder => (selection / (int)Math.Pow(signed.Length + 1, holder) % (signed.Length + 1)) - 1)];
            Approval[] approvals = [.. Enumerable.Range(0, members).Where(holder => chosen[holder] >= 0).Select(holder => all[holder][chosen[holder]])];
            ProtocolErrorCode? expected = chosen.Any(static what => what > 0) ? ProtocolErrorCode.CouldNotVerifyApproval
                : approvals.Length < threshold ? ProtocolErrorCode.NotEnoughApprovals
                : null;
            ProtocolMessage answer = node.Send(new ProtocolMessage.ReshareBootRequest(new ReshareEnvelope(reshare.Request, approvals)));
            ProtocolErrorCode? found = (answer as ProtocolMessage.ProtocolErrorResponse)?.Error.Code;
            Assert.True(expected == found, $"{string.Join(' ', chosen)}: expected {expected?.ToString() ?? "taken"}, got {found?.ToString() ?? "taken"}");
            Assert.Equal(expected is null ? ProtocolPhase.GenesisBooted : ProtocolPhase.WaitingForBootInstruction, node.Phase);
            if (expected is not null)
                continue;
            taken++;
            node.Dispose();
            node = new TestNode(quorum, inMemory: true);
        }

        node.Dispose();
        output.WriteLine($"{selections} selections, {taken} taken");
        Assert.True(taken > 0);
    }

    // The first node's setup key: every other one made from the same randomness has the same.
    private static PublicKey SetupKey(TestQuorum quorum, TestReshare reshare)
    {
        using var node = new TestNode(quorum);
        return reshare.Begin(node);
    }
}
