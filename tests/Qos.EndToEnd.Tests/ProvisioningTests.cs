using Qos.EndToEnd.Local;
using Qos.Keys;
using Qos.Nsm;
using Qos.Protocol;

namespace Qos.EndToEnd.Tests;

/// <summary>Shares, good and bad, in any order: a bad one never keeps the good ones from the key. Format: docs/protocol/messages.md, Provisioning.</summary>
public sealed class ProvisioningTests(ITestOutputHelper output) : NodeTests(output)
{
    [Fact]
    public async Task What_is_not_a_members_share_for_this_manifest_is_refused_and_not_counted()
    {
        using var quorum = Quorum.Deal();
        await using LocalNode node = await EnclaveAsync();
        (ManifestEnvelope envelope, ReadOnlyMemory<byte> document) = await BootAsync(node, quorum);
        ProtocolMessage.ProvisionRequest good = quorum.Share(0, node, document, envelope);
        Manifest other = envelope.Manifest with { Namespace = envelope.Manifest.Namespace with { Nonce = 2 } };
        PublicKey setup = SetupKey(document);

        await RefusedAsync(node, good with { Approval = quorum.Holders[0].Approve(other) });
        await RefusedAsync(node, good with { Approval = good.Approval with { Member = quorum.Holders[1].Public } });
        await RefusedAsync(node, good with { Approval = quorum.Approvers[0].Approve(envelope.Manifest) });
        await RefusedAsync(node, good with { Approval = good.Approval with { Signature = new byte[64] } });
        await RefusedAsync(node, good with { Share = good.Share[..^1] });
        await RefusedAsync(node, good with { Share = Array.Empty<byte>() });
        await RefusedAsync(node, good with { Share = quorum.Holders[0].Key.PublicKey.Encrypt(new byte[33], SystemRandomSource.Instance) });
        foreach (int length in (int[])[0, 1, 5, 200])
            await RefusedAsync(node, good with { Share = setup.Encrypt(new byte[length], SystemRandomSource.Instance) });

        Assert.Empty((await node.StatusAsync()).Shares!.Received);
        await ProvisionedByAsync(node, quorum, document, envelope, 0, 1);
    }

    [Fact]
    public async Task The_same_member_twice_counts_once()
    {
        using var quorum = Quorum.Deal();
        await using LocalNode node = await EnclaveAsync();
        (ManifestEnvelope envelope, ReadOnlyMemory<byte> document) = await BootAsync(node, quorum);
        await node.AskAsync(quorum.Share(0, node, document, envelope));
        await node.AskAsync(quorum.Share(0, node, document, envelope));
        ShareStatus shares = (await node.StatusAsync()).Shares!;
        Assert.Equal(["holder-1"], shares.Received);
        Assert.Equal(["holder-2", "holder-3"], shares.Missing);
        Assert.Equal(ProtocolPhase.WaitingForQuorumShards, await node.PhaseAsync());
        await ProvisionedByAsync(node, quorum, document, envelope, 2);
    }

    [Fact]
    public async Task A_wrong_share_as_the_last_one_needed_leaves_room_for_the_right_one()
    {
        using var quorum = Quorum.Deal();
        await using LocalNode node = await EnclaveAsync();
        (ManifestEnvelope envelope, ReadOnlyMemory<byte> document) = await BootAsync(node, quorum);
        Assert.IsType<ProtocolMessage.ProvisionResponse>(await node.AskAsync(quorum.Share(0, node, document, envelope)));

        using SecretMemory share = quorum.PlainShare(1);
        share.Span[^1] ^= 1;
        ProtocolMessage wrong = await node.AskAsync(Post(quorum, 1, document, envelope, share));
        Assert.Equal(ProtocolErrorCode.ReconstructionErrorIncorrectPubKey, Refusal(wrong).Code);
        Assert.Equal(ProtocolPhase.WaitingForQuorumShards, await node.PhaseAsync());
        await ProvisionedByAsync(node, quorum, document, envelope, 2);
    }

    [Fact]
    public async Task A_share_that_another_member_posts_does_not_stand_in_the_way()
    {
        using var quorum = Quorum.Deal();
        await using LocalNode node = await EnclaveAsync();
        (ManifestEnvelope envelope, ReadOnlyMemory<byte> document) = await BootAsync(node, quorum);
        using SecretMemory share = quorum.PlainShare(1);
        await node.AskAsync(Post(quorum, 0, document, envelope, share));
        await node.AskAsync(quorum.Share(1, node, document, envelope));
        Assert.Equal(ProtocolPhase.WaitingForQuorumShards, await node.PhaseAsync());
        await ProvisionedByAsync(node, quorum, document, envelope, 2);
    }

    [Theory]
    [InlineData(0, 1, 2)]
    [InlineData(3, 2, 0)]
    [InlineData(1, 3, 0)]
    public async Task Any_members_in_any_order_make_the_key(int first, int second, int third)
    {
        using var quorum = Quorum.Deal(holders: 4, threshold: 3);
        await using LocalNode node = await EnclaveAsync();
        (ManifestEnvelope envelope, ReadOnlyMemory<byte> document) = await BootAsync(node, quorum);
        await ProvisionedByAsync(node, quorum, document, envelope, first, second, third);
        Assert.Equal(quorum.SeedHex, await File.ReadAllTextAsync(Path.Combine(node.Directory, "qos.quorum.key")));
        var shown = (ProtocolMessage.ManifestEnvelopeResponse)await node.AskAsync(new ProtocolMessage.ManifestEnvelopeRequest());
        Assert.Equal(3, shown.ManifestEnvelope!.ShareSetApprovals.Count);
    }

    private static async Task<(ManifestEnvelope Envelope, ReadOnlyMemory<byte> Document)> BootAsync(LocalNode node, Quorum quorum)
    {
        ManifestEnvelope envelope = quorum.Approve(quorum.Manifest(node, Quiet));
        return (envelope, await node.BootAsync(envelope, Quiet));
    }

    private static PublicKey SetupKey(ReadOnlyMemory<byte> document) =>
        PublicKey.Parse(AttestationDocument.Parse(document.Span).PublicKey!.Value.Span);

    private static ProtocolMessage.ProvisionRequest Post(
        Quorum quorum, int holder, ReadOnlyMemory<byte> document, ManifestEnvelope envelope, SecretMemory share) =>
        new(SetupKey(document).Encrypt(share.Span, SystemRandomSource.Instance), quorum.Holders[holder].Approve(envelope.Manifest));

    private static async Task RefusedAsync(LocalNode node, ProtocolMessage.ProvisionRequest request)
    {
        Refusal(await node.AskAsync(request));
        Assert.Equal(ProtocolPhase.WaitingForQuorumShards, await node.PhaseAsync());
    }

    private static async Task ProvisionedByAsync(
        LocalNode node, Quorum quorum, ReadOnlyMemory<byte> document, ManifestEnvelope envelope, params int[] holders)
    {
        foreach (int holder in holders)
        {
            ProtocolMessage answer = await node.AskAsync(quorum.Share(holder, node, document, envelope));
            Assert.Equal(new ProtocolMessage.ProvisionResponse(holder == holders[^1]), answer);
        }

        Assert.Equal(ProtocolPhase.QuorumKeyProvisioned, await node.PhaseAsync());
    }
}
