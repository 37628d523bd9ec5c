using System.Security.Cryptography;
using Qos.Keys;
using Qos.Nsm;
using Qos.Protocol;

namespace Qos.Node.Tests;

/// <summary>Format: docs/protocol/reshare.md.</summary>
public sealed class ReshareTests
{
    [Theory]
    [InlineData(0, 1)]
    [InlineData(2, 0)]
    [InlineData(1, 2)]
    public void The_old_threshold_makes_new_shares_of_the_same_key(int first, int second)
    {
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);
        var reshare = new TestReshare(quorum);
        PublicKey setup = reshare.Begin(node);
        Assert.Equal(ProtocolPhase.GenesisBooted, node.Phase);

        ReshareState waiting = node.Expect<ProtocolMessage.ReshareStateResponse>(reshare.Post(setup, first)).State;
        Assert.Equal([quorum.Holders[first].Member], waiting.Received);
        Assert.Null(waiting.Output);
        ReshareState done = node.Expect<ProtocolMessage.ReshareStateResponse>(reshare.Post(setup, second)).State;

        ReshareOutput output = done.Output!;
        Assert.Equal(new[] { first, second }.Order(), output.Contributors.Select(member => Array.FindIndex(quorum.Holders, holder => holder.Member.Equals(member))).Order());
        Assert.All(ReshareChecks.Compare(TestReshare.DocumentOf(done), reshare.Request, output), static finding => Assert.True(finding.Holds, finding.ToString()));
        GenesisOutput shares = output.Shares!;
        Assert.Equal(quorum.Key.PublicKey.Memory.ToArray(), shares.QuorumKey.ToArray());
        Assert.True(quorum.Key.PublicKey.Verify(shares.TestMessage.Span, shares.TestMessageSignature.Span));
        SecretMemory[] made = reshare.Open(output);
        Assert.All(made.Zip(shares.MemberOutputs), static pair => Assert.Equal(SHA512.HashData(pair.First.Span), pair.Second.ShareHash.ToArray()));
        foreach (int[] chosen in Combinations.All(4, 3))
        {
            using SecretMemory seed = Shamir.Reconstruct([.. chosen.Select(index => made[index])]);
            using KeySet key = KeySet.FromSeed(seed.Span);
            Assert.Equal(quorum.Key.PublicKey, key.PublicKey);
        }

        // Fewer give another seed, and so do old shares together with new ones.
        Assert.NotEqual(quorum.Key.PublicKey, KeyOf(made[0], made[1]));
        Assert.NotEqual(quorum.Key.PublicKey, KeyOf(quorum.Shares[0], made[1], made[2]));
        Assert.NotEqual(quorum.Key.PublicKey, KeyOf(quorum.Shares[0], made[1]));
        foreach (SecretMemory share in made)
            share.Dispose();
    }

    [Fact]
    public void The_output_is_shown_again_as_often_as_it_is_asked_for_and_nothing_else_is_done_any_more()
    {
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);
        var reshare = new TestReshare(quorum);
        PublicKey setup = reshare.Begin(node);
        node.Send(reshare.Post(setup, 0));
        ReshareOutput made = node.Expect<ProtocolMessage.ReshareStateResponse>(reshare.Post(setup, 1)).State.Output!;

        for (int time = 0; time < 3; time++)
        {
            ReshareState again = node.Expect<ProtocolMessage.ReshareStateResponse>(new ProtocolMessage.ReshareStateRequest()).State;
            Assert.Equal(ReshareFormat.Write(made), ReshareFormat.Write(again.Output!));
            Assert.All(ReshareChecks.Compare(TestReshare.DocumentOf(again), reshare.Request, made), static finding => Assert.True(finding.Holds, finding.ToString()));
        }

        ProtocolError expected = ProtocolError.NoMatchingRoute(ProtocolPhase.GenesisBooted);
        foreach (ProtocolMessage message in (ProtocolMessage[])
        [
            reshare.Post(setup, 2), reshare.Post(setup, 0), new ProtocolMessage.ReshareBootRequest(reshare.Envelope), quorum.BootRequest,
            new ProtocolMessage.BootKeyForwardRequest(quorum.Envelope, quorum.Pivot), quorum.Post(setup, 0), new ProtocolMessage.InjectKeyRequest(default, default),
            new ProtocolMessage.ExportKeyRequest(quorum.Envelope, default), new ProtocolMessage.BootGenesisRequest(new GenesisSet([], 1), null),
            new ProtocolMessage.LiveAttestationDocRequest(), new ProtocolMessage.ManifestEnvelopeRequest(), new ProtocolMessage.ModuleDocumentRequest(),
        ])
            Assert.Equal(expected, node.Refused(message));
        Assert.False(node.Node.Provisioned.IsCompleted);
        Assert.Empty(node.Folder.Names);
    }

    [Fact]
    public void A_drill_proves_that_the_shares_make_the_key_and_makes_nothing()
    {
        using var quorum = new TestQuorum(members: 4, threshold: 3);
        using var node = new TestNode(quorum);
        var drill = new TestReshare(quorum, isDrill: true);
        PublicKey setup = drill.Begin(node);
        node.Send(drill.Post(setup, 3));
        node.Send(drill.Post(setup, 0));
        ReshareState done = node.Expect<ProtocolMessage.ReshareStateResponse>(drill.Post(setup, 2)).State;

        Assert.Null(done.Output!.Shares);
        Assert.Equal(["holder-1", "holder-3", "holder-4"], done.Output.Contributors.Select(static member => member.Alias).Order());
        Assert.All(ReshareChecks.Compare(TestReshare.DocumentOf(done), drill.Request, done.Output), static finding => Assert.True(finding.Holds, finding.ToString()));
        Assert.Empty(node.Folder.Names);
    }

    [Fact]
    public void A_wrong_share_neither_counts_for_the_right_ones_nor_keeps_them_from_the_key()
    {
        using var quorum = new TestQuorum();
        using var other = new TestQuorum(seed: 2);
        using var node = new TestNode(quorum);
        var reshare = new TestReshare(quorum);
        PublicKey setup = reshare.Begin(node);

        node.Expect<ProtocolMessage.ReshareStateResponse>(reshare.Post(setup, 0, other.Shares[0].Span));
        Assert.Equal(ProtocolErrorCode.ReconstructionErrorIncorrectPubKey, node.Refused(reshare.Post(setup, 1)).Code);
        ReshareOutput output = node.Expect<ProtocolMessage.ReshareStateResponse>(reshare.Post(setup, 2)).State.Output!;

        // Who posted the wrong one is not among those whose shares made the key.
        Assert.Equal(["holder-2", "holder-3"], output.Contributors.Select(static member => member.Alias).Order());
    }

    [Fact]
    public void A_member_who_posts_twice_counts_once()
    {
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);
        var reshare = new TestReshare(quorum);
        PublicKey setup = reshare.Begin(node);
        for (int post = 0; post < 3; post++)
            Assert.Null(node.Expect<ProtocolMessage.ReshareStateResponse>(reshare.Post(setup, 1)).State.Output);
        ReshareState state = node.Expect<ProtocolMessage.ReshareStateResponse>(reshare.Post(setup, 1, share: 0)).State;
        Assert.Equal([quorum.Holders[1].Member], state.Received);
        Assert.Null(state.Output);
    }

    [Fact]
    public void A_share_is_taken_only_with_its_members_signature_over_this_share_this_node_and_this_request()
    {
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);
        using var second = new TestNode(quorum, seed: 101);
        var reshare = new TestReshare(quorum);
        var other = new TestReshare(quorum, nonce: 2);
        PublicKey setup = reshare.Begin(node);
        PublicKey elsewhere = reshare.Begin(second);
        ProtocolMessage.ReshareShareRequest good = reshare.Post(setup, 0);
        var stranger = new TestMember("stranger", KeySet.Generate(quorum.Random));

        Refuse(ProtocolErrorCode.CouldNotVerifyApproval, good with { Share = setup.Encrypt(quorum.Shares[0].Span, quorum.Random) });
        Refuse(ProtocolErrorCode.CouldNotVerifyApproval, good with { Approval = good.Approval with { Member = quorum.Holders[1].Member } });
        Refuse(ProtocolErrorCode.CouldNotVerifyApproval, good with { Approval = good.Approval with { Member = new QuorumMember("holder-1", new byte[12]) } });
        Refuse(ProtocolErrorCode.CouldNotVerifyApproval, good with { Approval = TestReshare.Approve(reshare.Request, quorum.Holders[0]) });
        Refuse(ProtocolErrorCode.CouldNotVerifyApproval, good with { Approval = quorum.Holders[0].Approve(quorum.Manifest) });
        Refuse(ProtocolErrorCode.CouldNotVerifyApproval, reshare.Post(elsewhere, 0));
        Refuse(ProtocolErrorCode.CouldNotVerifyApproval, other.Post(setup, 0));
        Refuse(ProtocolErrorCode.NotShareSetMember, reshare.Post(setup, stranger, good.Share.ToArray()));
        Refuse(ProtocolErrorCode.NotShareSetMember, reshare.Post(setup, reshare.Newcomers[0], good.Share.ToArray()));
        Refuse(ProtocolErrorCode.NotShareSetMember, reshare.Post(setup, quorum.Approvers[0], good.Share.ToArray()));
        Refuse(ProtocolErrorCode.NotShareSetMember, reshare.Post(setup, new TestMember("alias", quorum.Holders[0].Key), good.Share.ToArray()));
        Refuse(ProtocolErrorCode.DecryptionFailed, reshare.Post(setup, quorum.Holders[0], []));
        Refuse(ProtocolErrorCode.DecryptionFailed, reshare.Post(setup, quorum.Holders[0], quorum.Holders[0].Key.PublicKey.Encrypt(quorum.Shares[0].Span, quorum.Random)));
        Refuse(ProtocolErrorCode.InvalidShare, reshare.Post(setup, 0, new byte[32]));
        Refuse(ProtocolErrorCode.InvalidShare, reshare.Post(setup, 0, new byte[33]));

        Assert.Empty(node.Expect<ProtocolMessage.ReshareStateResponse>(new ProtocolMessage.ReshareStateRequest()).State.Received);
        node.Expect<ProtocolMessage.ReshareStateResponse>(good);

        void Refuse(ProtocolErrorCode expected, ProtocolMessage message) => Assert.Equal(expected, node.Refused(message).Code);
    }

    [Fact]
    public void A_request_that_is_not_the_old_sets_changes_nothing()
    {
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);
        var reshare = new TestReshare(quorum);
        ReshareEnvelope good = reshare.Envelope;
        ReshareRequest request = good.Request;
        MemberSet to = request.To!;
        Approval byManifest = quorum.Holders[1].Approve(quorum.Manifest);
        byte[] hash = ReshareFormat.Hash(request);

        Refuse(ProtocolErrorCode.NotEnoughApprovals, good with { Approvals = [] });
        Refuse(ProtocolErrorCode.NotEnoughApprovals, good with { Approvals = good.Approvals.Take(1).ToArray() });
        Refuse(ProtocolErrorCode.DuplicateApproval, good with { Approvals = [good.Approvals[0], good.Approvals[0]] });
        Refuse(ProtocolErrorCode.CouldNotVerifyApproval, good with { Approvals = [good.Approvals[0], byManifest] });
        Refuse(ProtocolErrorCode.CouldNotVerifyApproval, good with { Approvals = [good.Approvals[0], new Approval(quorum.Holders[1].Key.Sign(hash), quorum.Holders[1].Member)] });
        Refuse(ProtocolErrorCode.CouldNotVerifyApproval, new TestReshare(quorum, nonce: 2).Envelope with { Request = request });
        Refuse(ProtocolErrorCode.NotShareSetMember, good with { Approvals = [good.Approvals[0], TestReshare.Approve(request, quorum.Approvers[0])] });
        Refuse(ProtocolErrorCode.NotShareSetMember, good with { Approvals = [good.Approvals[0], TestReshare.Approve(request, reshare.Newcomers[0])] });
        Refuse(ProtocolErrorCode.QosCrypto, reshare.Approve(request with { From = request.From with { Threshold = 4 } }));
        Refuse(ProtocolErrorCode.QosCrypto, reshare.Approve(request with { From = request.From with { Threshold = 0 } }));
        Refuse(ProtocolErrorCode.QosCrypto, reshare.Approve(request with { To = to with { Threshold = 1 } }));
        Refuse(ProtocolErrorCode.QosCrypto, reshare.Approve(request with { To = to with { Threshold = 5 } }));
        Refuse(ProtocolErrorCode.DuplicateQuorumMember, reshare.Approve(request with { To = to with { Members = [.. to.Members, to.Members[0]] } }));
        Refuse(ProtocolErrorCode.DuplicateQuorumMember, reshare.Approve(request with { From = request.From with { Members = [.. request.From.Members, request.From.Members[0]] } }));
        Refuse(ProtocolErrorCode.P256Error, reshare.Approve(request with { QuorumKey = new byte[130] }));
        Refuse(ProtocolErrorCode.P256Error, reshare.Approve(request with { To = to with { Members = [.. to.Members, new QuorumMember("broken", new byte[12])] } }));
        Refuse(ProtocolErrorCode.InvalidP256DRKey, reshare.Approve(request with { RecoveryKey = new byte[130] }));

        Assert.Equal(ProtocolPhase.WaitingForBootInstruction, node.Phase);
        Assert.DoesNotContain(node.Nsm.Requests, static asked => asked is NsmRequest.ExtendPcr or NsmRequest.LockPcrs);
        reshare.Begin(node);

        void Refuse(ProtocolErrorCode expected, ReshareEnvelope envelope) =>
            Assert.Equal(expected, node.Refused(new ProtocolMessage.ReshareBootRequest(envelope)).Code);
    }

    [Fact]
    public void The_seed_is_encrypted_to_the_recovery_key_that_was_asked_for_and_to_no_other()
    {
        using var quorum = new TestQuorum();
        using KeySet recovery = KeySet.Generate(quorum.Random);
        using var node = new TestNode(quorum);
        var reshare = new TestReshare(quorum);
        ReshareEnvelope envelope = reshare.Approve(reshare.Request with { RecoveryKey = recovery.PublicKey.Memory });
        ReshareState begun = node.Expect<ProtocolMessage.ReshareStateResponse>(new ProtocolMessage.ReshareBootRequest(envelope)).State;
        PublicKey setup = PublicKey.Parse(TestReshare.DocumentOf(begun).PublicKey!.Value.Span);
        foreach (int holder in (int[])[0, 1])
        {
            byte[] share = setup.Encrypt(quorum.Shares[holder].Span, quorum.Random);
            byte[] message = ReshareFormat.ShareMessage(ReshareFormat.Hash(envelope.Request), setup.Bytes, share);
            node.Expect<ProtocolMessage.ReshareStateResponse>(
                new ProtocolMessage.ReshareShareRequest(share, new Approval(quorum.Holders[holder].Key.Sign(message), quorum.Holders[holder].Member)));
        }

        GenesisOutput shares = node.Expect<ProtocolMessage.ReshareStateResponse>(new ProtocolMessage.ReshareStateRequest()).State.Output!.Shares!;
        Assert.Equal(recovery.PublicKey.Memory.ToArray(), shares.DrKey!.Value.ToArray());
        using SecretMemory seed = recovery.Decrypt(shares.DrKeyWrappedQuorumKey!.Value.Span);
        using KeySet key = KeySet.FromSeed(seed.Span);
        Assert.Equal(quorum.Key.PublicKey, key.PublicKey);
    }

    [Fact]
    public void Two_runs_of_one_request_make_shares_that_do_not_go_together()
    {
        using var quorum = new TestQuorum();
        var reshare = new TestReshare(quorum, members: 3, threshold: 2);
        SecretMemory[][] runs = [.. new[] { 100, 101 }.Select(seed =>
        {
            using var node = new TestNode(quorum, seed: seed);
            PublicKey setup = reshare.Begin(node);
            node.Send(reshare.Post(setup, 0));
            return reshare.Open(node.Expect<ProtocolMessage.ReshareStateResponse>(reshare.Post(setup, 1)).State.Output!);
        })];

        Assert.Equal(quorum.Key.PublicKey, KeyOf(runs[0][0], runs[0][1]));
        Assert.Equal(quorum.Key.PublicKey, KeyOf(runs[1][0], runs[1][1]));
        Assert.NotEqual(quorum.Key.PublicKey, KeyOf(runs[0][0], runs[1][1]));
        foreach (SecretMemory share in runs.SelectMany(static run => run))
            share.Dispose();
    }

    [Fact]
    public void A_document_that_NSM_does_not_give_is_asked_for_again()
    {
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);
        var reshare = new TestReshare(quorum);
        PublicKey setup = reshare.Begin(node);
        node.Send(reshare.Post(setup, 0));
        node.Nsm.Lie = static (request, _, _) => request is NsmRequest.Attestation ? new NsmResponse.Error(NsmError.InternalError) : null;

        ReshareState done = node.Expect<ProtocolMessage.ReshareStateResponse>(reshare.Post(setup, 1)).State;
        Assert.Equal(new NsmResponse.Error(NsmError.InternalError), done.NsmResponse);
        node.Nsm.Lie = null;
        ReshareState again = node.Expect<ProtocolMessage.ReshareStateResponse>(new ProtocolMessage.ReshareStateRequest()).State;
        Assert.All(ReshareChecks.Compare(TestReshare.DocumentOf(again), reshare.Request, done.Output), static finding => Assert.True(finding.Holds, finding.ToString()));
    }

    [Theory]
    [InlineData(typeof(NsmRequest.ExtendPcr), ProtocolPhase.UnrecoverableError)]
    [InlineData(typeof(NsmRequest.LockPcrs), ProtocolPhase.UnrecoverableError)]
    [InlineData(typeof(NsmRequest.DescribeNsm), ProtocolPhase.WaitingForBootInstruction)]
    public void A_module_that_does_not_commit_gets_no_share(Type lied, ProtocolPhase expected)
    {
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);
        var reshare = new TestReshare(quorum);
        node.Nsm.Lie = (request, count, answer) =>
        {
            if (request.GetType() != lied || count > 1)
                return null;
            if (request is NsmRequest.DescribeNsm)
                return new NsmResponse.Error(NsmError.InternalError);
            // It says that it locked, and did not; or it extended, and says something else.
            if (request is NsmRequest.LockPcrs)
                return new NsmResponse.LockPcrs();
            answer();
            return new NsmResponse.ExtendPcr(new byte[48]);
        };
        Assert.Equal(ProtocolErrorCode.QosAttestError, node.Refused(new ProtocolMessage.ReshareBootRequest(reshare.Envelope)).Code);
        Assert.Equal(expected, node.Phase);
        Assert.Equal(ProtocolError.NoMatchingRoute(expected), node.Refused(new ProtocolMessage.ReshareStateRequest()));
    }

    /// <summary>An app in the same image asks its module for the user data of a reshare, with a key that it knows.</summary>
    [Fact]
    public void What_an_app_can_ask_its_module_for_is_not_taken_for_a_reshare()
    {
        using var quorum = new TestQuorum();
        using TestNode node = new TestNode(quorum).Provisioned(quorum);
        var reshare = new TestReshare(quorum);
        using KeySet own = KeySet.Generate(quorum.Random);
        var output = new ReshareOutput([], null);
        byte[] hash = ReshareFormat.Hash(reshare.Request);
        foreach (ReshareOutput? about in (ReshareOutput?[])[null, output])
        {
            byte[] userData = about is null ? hash : ReshareFormat.OutputHash(hash, about);
            var answer = (NsmResponse.Attestation)node.Nsm.Send(new NsmRequest.Attestation(userData, Nonce: null, own.PublicKey.Memory));
            DocumentFinding[] failures = [.. ReshareChecks.Compare(AttestationDocument.Parse(answer.Document.Span), reshare.Request, about).Where(static finding => !finding.Holds)];
            Assert.Equal(["PCR16"], failures.Select(static finding => finding.What));
        }
    }

    [Fact]
    public async Task Older_clients_see_a_phase_that_they_know_and_are_refused_with_the_usual_error()
    {
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);
        var reshare = new TestReshare(quorum);
        byte[] body = MessageCodec.Encode(new ProtocolMessage.ReshareBootRequest(reshare.Envelope), WireEncoding.Json);
        Assert.IsType<ProtocolMessage.ReshareStateResponse>((await Wire.Send(node, body, 1000)).Message);

        // 2: the index of statusResponse, then that of the phase GenesisBooted.
        Assert.Equal(new byte[] { 2, 2 }, MessageCodec.Encode(node.Send(new ProtocolMessage.StatusRequest()), WireEncoding.Borsh));
        Assert.Equal("{\"statusResponse\":\"GenesisBooted\"}"u8.ToArray(), MessageCodec.Encode(node.Send(new ProtocolMessage.StatusRequest()), WireEncoding.Json));
        Assert.Equal(ProtocolErrorCode.InvalidMsg, Assert.Throws<ProtocolException>(static () => MessageCodec.Encode(new ProtocolMessage.ReshareStateRequest(), WireEncoding.Borsh)).Error.Code);
    }

    [Theory]
    [InlineData("\"purpose\":\"reshare\"", "\"purpose\":\"drill\"")]
    [InlineData("\"version\":\"reshare-v1\"", "\"version\":\"reshare-v2\"")]
    [InlineData("\"nonce\":\"1\"", "\"nonce\":\"1\",\"extra\":\"1\"")]
    [InlineData("\"pcr3\"", "\"pcr4\"")]
    [InlineData("\"nonce\":\"1\",", "")]
    public void A_request_that_is_not_exactly_one_is_not_read(string part, string replacement)
    {
        using var quorum = new TestQuorum();
        string text = System.Text.Encoding.UTF8.GetString(ReshareFormat.Write(new TestReshare(quorum).Request));
        Assert.Contains(part, text, StringComparison.Ordinal);
        Assert.Throws<Serialization.EncodingException>(() => ReshareFormat.Read(System.Text.Encoding.UTF8.GetBytes(text.Replace(part, replacement, StringComparison.Ordinal))));
        Assert.Equal(ReshareFormat.Hash(new TestReshare(quorum).Request), ReshareFormat.Hash(ReshareFormat.Read(System.Text.Encoding.UTF8.GetBytes(text))));
    }

    private static PublicKey? KeyOf(params SecretMemory[] shares)
    {
        using SecretMemory seed = Shamir.Reconstruct(shares);
        using KeySet key = KeySet.FromSeed(seed.Span);
        return key.PublicKey;
    }
}
