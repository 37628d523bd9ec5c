using System.Security.Cryptography;
using System.Text;
using Qos.Keys;
using Qos.Nsm;
using Qos.Protocol;

namespace Qos.Node.Tests;

/// <summary>Format: docs/protocol/messages.md, Genesis.</summary>
public sealed class GenesisTests
{
    [Fact]
    public void A_genesis_makes_shares_that_make_the_key()
    {
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);
        QuorumMember[] members = [.. quorum.Holders.Select(holder => holder.Member)];
        using KeySet recovery = KeySet.Generate(quorum.Random);

        var answer = node.Expect<ProtocolMessage.BootGenesisResponse>(
            new ProtocolMessage.BootGenesisRequest(new GenesisSet(members, 2), recovery.PublicKey.Memory));

        Assert.Equal(ProtocolPhase.GenesisBooted, node.Phase);
        Assert.Empty(node.Folder.Names);
        GenesisOutput output = answer.GenesisOutput;
        Assert.Equal(members, output.Set.Members);
        Assert.Equal(members, output.MemberOutputs.Select(member => member.ShareSetMember));
        Assert.Empty(output.RecoveryPermutations);
        Assert.Equal("qos-test-message"u8.ToArray(), output.TestMessage.ToArray());

        SecretMemory[] shares = [.. output.MemberOutputs.Select((member, index) =>
        {
            SecretMemory share = quorum.Holders[index].Key.Decrypt(member.EncryptedQuorumKeyShare.Span);
            Assert.Equal(SHA512.HashData(share.Span), member.ShareHash.ToArray());
            return share;
        })];
        Assert.Equal([1, 2, 3], shares.Select(share => (int)share.Span[0]));
        foreach (int[] pair in (int[][])[[0, 1], [2, 1], [0, 2]])
        {
            using SecretMemory seed = Shamir.Reconstruct([.. pair.Select(index => shares[index])]);
            using KeySet key = KeySet.FromSeed(seed.Span);
            Assert.Equal(output.QuorumKey.ToArray(), key.PublicKey.Bytes.ToArray());
            Assert.Equal(
                SHA512.HashData(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(seed.Span))),
                output.QuorumKeyHash.ToArray());
            Assert.Equal(key.Sign(output.TestMessage.Span), output.TestMessageSignature.ToArray());
            using SecretMemory message = key.Decrypt(output.TestMessageCiphertext.Span);
            Assert.Equal(output.TestMessage.ToArray(), message.Span.ToArray());
            using SecretMemory wrapped = recovery.Decrypt(output.DrKeyWrappedQuorumKey!.Value.Span);
            Assert.Equal(seed.Span.ToArray(), wrapped.Span.ToArray());
        }

        Assert.Equal(recovery.PublicKey.Bytes.ToArray(), output.DrKey!.Value.ToArray());
        AttestationDocument document = AttestationDocument.Parse(
            Assert.IsType<NsmResponse.Attestation>(answer.NsmResponse).Document.Span);
        new AttestationVerifier(quorum.Pki.RootDer.Span).Verify(document, quorum.Clock.Now);
        Assert.Equal(SHA256.HashData(GenesisOutputFormat.Write(output)), document.UserData!.Value.ToArray());
        Assert.Null(document.PublicKey);
        Assert.Null(document.Nonce);
    }

    [Fact]
    public void Without_a_recovery_key_there_is_no_wrapped_key()
    {
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);
        GenesisOutput output = node.Expect<ProtocolMessage.BootGenesisResponse>(Request(quorum, 3, 3)).GenesisOutput;
        Assert.Null(output.DrKey);
        Assert.Null(output.DrKeyWrappedQuorumKey);
    }

    [Fact]
    public void Two_nodes_make_different_keys()
    {
        using var quorum = new TestQuorum();
        using var one = new TestNode(quorum, seed: 1);
        using var two = new TestNode(quorum, seed: 2);
        Assert.NotEqual(
            one.Expect<ProtocolMessage.BootGenesisResponse>(Request(quorum, 3, 2)).GenesisOutput.QuorumKey.ToArray(),
            two.Expect<ProtocolMessage.BootGenesisResponse>(Request(quorum, 3, 2)).GenesisOutput.QuorumKey.ToArray());
    }

    [Fact]
    public void A_set_that_cannot_be_is_refused_and_the_node_stays_as_it_was()
    {
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);
        QuorumMember[] members = [.. quorum.Holders.Select(holder => holder.Member)];
        QuorumMember crossed = new("crossed", (byte[])[
            .. quorum.Holders[0].Key.PublicKey.EncryptionPoint, .. quorum.Approvers[0].Key.PublicKey.SigningPoint]);

        Check(ProtocolErrorCode.QosCrypto, Request(quorum, 3, 0));
        Check(ProtocolErrorCode.QosCrypto, Request(quorum, 3, 1));
        Check(ProtocolErrorCode.QosCrypto, Request(quorum, 3, 4));
        Check(ProtocolErrorCode.QosCrypto, Request(quorum, 3, uint.MaxValue));
        Check(ProtocolErrorCode.QosCrypto, Request(quorum, 0, 0));
        Check(ProtocolErrorCode.DuplicateQuorumMember, new(new GenesisSet([members[0], members[0]], 2), null));
        Check(ProtocolErrorCode.DuplicateQuorumMember, new(new GenesisSet([members[0], members[1] with { Alias = "holder-1" }], 2), null));
        Check(ProtocolErrorCode.DuplicateQuorumMember, new(new GenesisSet([members[0], crossed], 2), null));
        Check(ProtocolErrorCode.P256Error, new(new GenesisSet([members[0], new QuorumMember("short", new byte[65])], 2), null));
        Check(ProtocolErrorCode.InvalidP256DRKey, new(new GenesisSet(members, 2), new byte[130]));

        Assert.Empty(node.Nsm.Requests);
        node.Expect<ProtocolMessage.BootGenesisResponse>(Request(quorum, 3, 2));

        void Check(ProtocolErrorCode expected, ProtocolMessage.BootGenesisRequest request)
        {
            Assert.Equal(expected, node.Refused(request).Code);
            Assert.Equal(ProtocolPhase.WaitingForBootInstruction, node.Phase);
        }
    }

    [Fact]
    public void A_genesis_that_NSM_does_not_attest_is_no_genesis()
    {
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);
        node.Nsm.Lie = (_, _, _) => new NsmResponse.Error(NsmError.InternalError);
        Assert.Equal(ProtocolErrorCode.QosAttestError, node.Refused(Request(quorum, 3, 2)).Code);
        Assert.Equal(ProtocolPhase.WaitingForBootInstruction, node.Phase);

        node.Nsm.Lie = null;
        node.Boot(quorum);
    }

    [Fact]
    public void The_whole_life_from_genesis_to_a_running_pivot()
    {
        using var quorum = new TestQuorum();
        QuorumMember[] members = [.. quorum.Holders.Select(holder => holder.Member)];
        GenesisOutput output;
        using (var genesis = new TestNode(quorum, seed: 7))
        {
            output = genesis.Expect<ProtocolMessage.BootGenesisResponse>(
                new ProtocolMessage.BootGenesisRequest(new GenesisSet(members, 2), null)).GenesisOutput;
        }

        using var node = new TestNode(quorum, seed: 8);
        Manifest manifest = quorum.Manifest with { Namespace = quorum.Manifest.Namespace with { QuorumKey = output.QuorumKey } };
        node.Expect<ProtocolMessage.BootStandardResponse>(
            new ProtocolMessage.BootStandardRequest(quorum.Approve(manifest), quorum.Pivot));
        PublicKey setup = node.EphemeralKey();
        foreach (int holder in (int[])[2, 0])
        {
            using SecretMemory share = quorum.Holders[holder].Key.Decrypt(output.MemberOutputs[holder].EncryptedQuorumKeyShare.Span);
            node.Expect<ProtocolMessage.ProvisionResponse>(new ProtocolMessage.ProvisionRequest(
                setup.Encrypt(share.Span, quorum.Random), quorum.Holders[holder].Approve(manifest)));
        }

        Assert.Equal(ProtocolPhase.QuorumKeyProvisioned, node.Phase);
        using KeySet key = KeySet.FromHex(File.ReadAllBytes(node.Folder["qos.quorum.key"]));
        Assert.Equal(output.QuorumKey.ToArray(), key.PublicKey.Bytes.ToArray());
    }

    private static ProtocolMessage.BootGenesisRequest Request(TestQuorum quorum, int members, uint threshold) =>
        new(new GenesisSet([.. quorum.Holders.Take(members).Select(holder => holder.Member)], threshold), null);
}
