using Qos.EndToEnd.Local;
using Qos.Protocol;

namespace Qos.EndToEnd.Tests;

/// <summary>What a node refuses leaves it as it was. Format: docs/protocol/messages.md, Phases and routes, Standard boot.</summary>
public sealed class RefusalTests(ITestOutputHelper output) : NodeTests(output)
{
    [Fact]
    public async Task A_refused_boot_changes_nothing_and_the_right_one_follows()
    {
        using var quorum = Quorum.Deal();
        await using LocalNode node = await NodeAsync();
        Manifest manifest = quorum.Manifest(node, Quiet);
        ManifestEnvelope good = quorum.Approve(manifest);

        await RefusedAsync(node, good, Script("exit 1"), ProtocolErrorCode.InvalidPivotHash);
        await RefusedAsync(node, quorum.Approve(manifest, approvals: 1), Quiet, ProtocolErrorCode.NotEnoughApprovals);
        await RefusedAsync(node, quorum.Approve(manifest, approvals: 0), Quiet, ProtocolErrorCode.NotEnoughApprovals);
        await RefusedAsync(
            node, good with { ShareSetApprovals = [quorum.Holders[0].Approve(manifest)] }, Quiet, ProtocolErrorCode.BadShareSetApprovals);
        await RefusedAsync(
            node, good with { ManifestSetApprovals = [good.ManifestSetApprovals[0], good.ManifestSetApprovals[0]] }, Quiet, ProtocolErrorCode.DuplicateApproval);
        await RefusedAsync(
            node, good with { ManifestSetApprovals = [good.ManifestSetApprovals[0], quorum.Holders[0].Approve(manifest)] }, Quiet,
            ProtocolErrorCode.NotManifestSetMember);
        Manifest other = manifest with { Namespace = manifest.Namespace with { Nonce = 9 } };
        await RefusedAsync(
            node, good with { ManifestSetApprovals = [good.ManifestSetApprovals[0], quorum.Approvers[1].Approve(other)] }, Quiet,
            ProtocolErrorCode.InvalidManifestApproval);
        await RefusedAsync(
            node, quorum.Approve(manifest with { ShareSet = manifest.ShareSet with { Threshold = 4 } }), Quiet, ProtocolErrorCode.QosCrypto);
        await RefusedAsync(
            node, quorum.Approve(manifest with { Pivot = manifest.Pivot with { BridgeConfig = [new BridgeConfig.Server(3, "0.0.0.0")] } }), Quiet,
            ProtocolErrorCode.InvalidPivotEnv);

        await node.BootAsync(good, Quiet);
        Assert.Equal(ProtocolPhase.WaitingForQuorumShards, await node.PhaseAsync());
    }

    [Fact]
    public async Task Every_phase_refuses_what_it_has_no_route_for()
    {
        using var quorum = Quorum.Deal();
        await using LocalNode node = await EnclaveAsync();
        ManifestEnvelope envelope = quorum.Approve(quorum.Manifest(node, Quiet));
        ProtocolMessage boot = new ProtocolMessage.BootStandardRequest(envelope, Quiet);
        ProtocolMessage forward = new ProtocolMessage.BootKeyForwardRequest(envelope, Quiet);
        ProtocolMessage genesis = new ProtocolMessage.BootGenesisRequest(new GenesisSet([.. quorum.Holders.Select(holder => holder.Public)], 2), null);
        ProtocolMessage provision = new ProtocolMessage.ProvisionRequest(new byte[100], quorum.Holders[0].Approve(envelope.Manifest));
        ProtocolMessage attestation = new ProtocolMessage.LiveAttestationDocRequest();
        ProtocolMessage export = new ProtocolMessage.ExportKeyRequest(envelope, new byte[100]);
        ProtocolMessage inject = new ProtocolMessage.InjectKeyRequest(new byte[100], new byte[64]);
        ProtocolMessage proxy = new ProtocolMessage.ProxyRequest(new byte[1]);
        ProtocolMessage show = new ProtocolMessage.ManifestEnvelopeRequest();

        await NoRouteAsync(node, ProtocolPhase.WaitingForBootInstruction, provision, attestation, export, inject, proxy);
        ReadOnlyMemory<byte> document = await node.BootAsync(envelope, Quiet);
        await NoRouteAsync(node, ProtocolPhase.WaitingForQuorumShards, boot, forward, genesis, export, inject, proxy);
        Assert.IsType<ProtocolMessage.ProvisionResponse>(await node.AskAsync(quorum.Share(1, node, document, envelope)));
        Assert.IsType<ProtocolMessage.ProvisionResponse>(await node.AskAsync(quorum.Share(0, node, document, envelope)));
        await NoRouteAsync(node, ProtocolPhase.QuorumKeyProvisioned, boot, forward, genesis, provision, inject, proxy);

        await using LocalNode second = await EnclaveAsync();
        Assert.IsType<ProtocolMessage.BootGenesisResponse>(await second.AskAsync(genesis));
        await NoRouteAsync(
            second, ProtocolPhase.GenesisBooted, boot, forward, genesis, provision, attestation, export, inject, proxy, show);

        await using LocalNode third = await EnclaveAsync();
        Assert.IsType<ProtocolMessage.BootKeyForwardResponse>(await third.AskAsync(forward));
        await NoRouteAsync(third, ProtocolPhase.WaitingForForwardedKey, boot, forward, genesis, provision, export, proxy);
    }

    private static async Task RefusedAsync(LocalNode node, ManifestEnvelope envelope, byte[] pivot, ProtocolErrorCode code)
    {
        string file = node.In("pivot");
        await File.WriteAllBytesAsync(file, pivot);
        ProtocolException raw = await Assert.ThrowsAsync<ProtocolException>(() => node.Client.BootAsync(envelope, file));
        ProtocolException json = await Assert.ThrowsAsync<ProtocolException>(
            () => node.Client.AskAsync<ProtocolMessage.BootStandardResponse>(new ProtocolMessage.BootStandardRequest(envelope, pivot)));
        Assert.Equal((code, code), (raw.Error.Code, json.Error.Code));
        Assert.Equal(ProtocolPhase.WaitingForBootInstruction, await node.PhaseAsync());
        Assert.Empty(node.FileNames);
    }

    private static async Task NoRouteAsync(LocalNode node, ProtocolPhase phase, params ProtocolMessage[] requests)
    {
        foreach (ProtocolMessage request in requests)
        {
            Assert.Equal(ProtocolError.NoMatchingRoute(phase), Refusal(await node.AskAsync(request)));
            Assert.Equal(phase, await node.PhaseAsync());
        }
    }
}
