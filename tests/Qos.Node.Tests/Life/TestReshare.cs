using Qos.Keys;
using Qos.Nsm;
using Qos.Protocol;

namespace Qos.Node.Tests;

/// <summary>A request for new shares of a test quorum's key, and everybody who has a part in it.</summary>
internal sealed class TestReshare
{
    private readonly TestQuorum _quorum;

    internal TestReshare(TestQuorum quorum, int members = 4, int threshold = 3, bool isDrill = false, uint nonce = 1)
    {
        _quorum = quorum;
        var random = new TestRandom(7000 + members);
        Newcomers = [.. Enumerable.Range(1, members).Select(i => new TestMember($"new-{i}", KeySet.Generate(random)))];
        Request = new ReshareRequest
        {
            Nonce = nonce,
            QuorumKey = quorum.Key.PublicKey.Memory,
            From = quorum.Manifest.ShareSet,
            To = isDrill ? null : new MemberSet((uint)threshold, [.. Newcomers.Select(static member => member.Member)]),
            Pcrs = [.. Enumerable.Range(0, 4).Select(static index => (ReadOnlyMemory<byte>)TestQuorum.PcrValue(index))],
        };
    }

    internal TestMember[] Newcomers { get; }

    internal ReshareRequest Request { get; }

    /// <summary>The request, approved by as many holders as are needed.</summary>
    internal ReshareEnvelope Envelope => Approve(Request);

    internal static Approval Approve(ReshareRequest request, TestMember member) =>
        new(member.Key.Sign(ReshareFormat.ApprovalMessage(ReshareFormat.Hash(request))), member.Member);

    internal ReshareEnvelope Approve(ReshareRequest request) =>
        new(request, [.. _quorum.Holders.Take((int)request.From.Threshold).Select(holder => Approve(request, holder))]);

    /// <summary>Has a node take the request.</summary>
    /// <returns>The setup key of its document, in which everything is as it must be.</returns>
    internal PublicKey Begin(TestNode node)
    {
        ReshareState state = node.Expect<ProtocolMessage.ReshareStateResponse>(new ProtocolMessage.ReshareBootRequest(Envelope)).State;
        AttestationDocument document = DocumentOf(state);
        Assert.All(ReshareChecks.Compare(document, Request, output: null), static finding => Assert.True(finding.Holds, finding.ToString()));
        return PublicKey.Parse(document.PublicKey!.Value.Span);
    }

    /// <summary>A member's share as it is posted.</summary>
    internal ProtocolMessage.ReshareShareRequest Post(PublicKey setupKey, int holder, int? share = null) => Post(setupKey, holder, _quorum.Shares[share ?? holder].Span);

    internal ProtocolMessage.ReshareShareRequest Post(PublicKey setupKey, int holder, ReadOnlySpan<byte> share) =>
        Post(setupKey, _quorum.Holders[holder], setupKey.Encrypt(share, _quorum.Random));

    internal ProtocolMessage.ReshareShareRequest Post(PublicKey setupKey, TestMember member, byte[] encryptedShare) =>
        new(encryptedShare, new Approval(member.Key.Sign(ReshareFormat.ShareMessage(ReshareFormat.Hash(Request), setupKey.Bytes, encryptedShare)), member.Member));

    internal static AttestationDocument DocumentOf(ReshareState state) =>
        AttestationDocument.Parse(Assert.IsType<NsmResponse.Attestation>(state.NsmResponse).Document.Span);

    /// <summary>The new shares, as the newcomers decrypt them; the caller disposes of them.</summary>
    internal SecretMemory[] Open(ReshareOutput output) =>
        [.. output.Shares!.MemberOutputs.Select((share, index) => Newcomers[index].Key.Decrypt(share.EncryptedQuorumKeyShare.Span))];
}
