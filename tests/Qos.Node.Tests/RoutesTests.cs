using Microsoft.Extensions.Logging;
using Qos.Nsm;
using Qos.Protocol;

namespace Qos.Node.Tests;

/// <summary>Format: docs/protocol/messages.md, Phases and routes.</summary>
public sealed class RoutesTests
{
    [Fact]
    public void Each_phase_has_the_routes_of_the_table_and_no_other()
    {
        using var quorum = new TestQuorum();
        (string Name, ProtocolMessage Message)[] messages =
        [
            ("status", new ProtocolMessage.StatusRequest()),
            ("version", new ProtocolMessage.VersionRequest()),
            ("node status", new ProtocolMessage.NodeStatusRequest()),
            ("manifest envelope", new ProtocolMessage.ManifestEnvelopeRequest()),
            ("live attestation", new ProtocolMessage.LiveAttestationDocRequest()),
            ("module's document", new ProtocolMessage.ModuleDocumentRequest()),
            ("genesis", new ProtocolMessage.BootGenesisRequest(new GenesisSet([], 1), null)),
            ("standard boot", quorum.BootRequest),
            ("standard boot", new ProtocolMessage.BootStandardJsonEnvelopeRequest(quorum.Envelope, quorum.Pivot)),
            ("key-forward boot", new ProtocolMessage.BootKeyForwardRequest(quorum.Envelope, quorum.Pivot)),
            ("provision", new ProtocolMessage.ProvisionRequest(default, quorum.Holders[0].Approve(quorum.Manifest))),
            ("reshare", new ProtocolMessage.ReshareBootRequest(new TestReshare(quorum).Envelope)),
            ("reshare share", new ProtocolMessage.ReshareShareRequest(default, quorum.Holders[0].Approve(quorum.Manifest))),
            ("reshare state", new ProtocolMessage.ReshareStateRequest()),
            ("none", new ProtocolMessage.ReshareStateResponse(new ReshareState(new NsmResponse.LockPcr(), new TestReshare(quorum).Envelope, [], null))),
            ("export key", new ProtocolMessage.ExportKeyRequest(quorum.Envelope, default)),
            ("inject key", new ProtocolMessage.InjectKeyRequest(default, default)),
            ("none", new ProtocolMessage.ProxyRequest(default)),
            ("none", new ProtocolMessage.StatusResponse(ProtocolPhase.GenesisBooted)),
            ("none", new ProtocolMessage.InjectKeyResponse()),
            ("none", new ProtocolMessage.ProtocolErrorResponse(new ProtocolError(ProtocolErrorCode.InvalidMsg))),
        ];
        string[] always = ["status", "version", "node status"];
        Dictionary<ProtocolPhase, string[]> table = new()
        {
            [ProtocolPhase.WaitingForBootInstruction] = ["manifest envelope", "module's document", "genesis", "reshare", "standard boot", "key-forward boot"],
            [ProtocolPhase.WaitingForQuorumShards] = ["manifest envelope", "live attestation", "provision"],
            [ProtocolPhase.WaitingForForwardedKey] = ["manifest envelope", "live attestation", "inject key"],
            [ProtocolPhase.QuorumKeyProvisioned] = ["manifest envelope", "live attestation", "export key"],
            [ProtocolPhase.GenesisBooted] = [],
            [ProtocolPhase.UnrecoverableError] = ["manifest envelope", "live attestation"],
        };
        foreach (ProtocolPhase phase in Enum.GetValues<ProtocolPhase>())
        {
            foreach ((string name, ProtocolMessage message) in messages)
            {
                bool expected = always.Contains(name) || table[phase].Contains(name);
                Assert.True(expected == Routes.Has(new NodeView { Phase = phase }, message), $"{phase}, {name}: expected {expected}");
            }
        }
    }

    [Fact]
    public void What_has_no_route_is_answered_with_the_phase()
    {
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);
        ProtocolError expected = ProtocolError.NoMatchingRoute(ProtocolPhase.WaitingForBootInstruction);
        Assert.Equal(expected, node.Refused(new ProtocolMessage.LiveAttestationDocRequest()));
        Assert.Equal(expected, node.Refused(new ProtocolMessage.ProxyRequest(new byte[] { 1 })));
        Assert.Equal(expected, node.Refused(new ProtocolMessage.InjectKeyRequest(default, default)));
        Assert.Equal(expected, node.Refused(new ProtocolMessage.InjectKeyResponse()));
    }

    [Fact]
    public void Status_and_version_are_answered()
    {
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);
        Assert.Equal(
            ProtocolPhase.WaitingForBootInstruction,
            node.Expect<ProtocolMessage.StatusResponse>(new ProtocolMessage.StatusRequest()).Phase);
        Assert.Equal(
            new ProtocolMessage.VersionResponse("1.2.3", "abcdef"),
            node.Expect<ProtocolMessage.VersionResponse>(new ProtocolMessage.VersionRequest()));
        Assert.Null(node.Expect<ProtocolMessage.ManifestEnvelopeResponse>(new ProtocolMessage.ManifestEnvelopeRequest()).ManifestEnvelope);
        Assert.Null(node.Status().Pivot);
    }

    [Fact]
    public void The_pivots_status_is_what_its_supervisor_says()
    {
        using var quorum = new TestQuorum();
        using TestNode node = new TestNode(quorum).Provisioned(quorum);
        Assert.Equal(PivotStatus.Waiting, node.Status().Pivot);
        var restarting = new PivotStatus(PivotState.Restarting, 3, new PivotExit(null, 9));
        node.Node.PivotStatus = restarting;
        Assert.Equal(restarting, node.Status().Pivot);
        Assert.Equal(ProtocolPhase.QuorumKeyProvisioned, node.Status().Phase);
    }

    [Fact]
    public async Task Reading_requests_do_not_wait_for_one_that_changes_state()
    {
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);
        using var entered = new ManualResetEventSlim();
        using var released = new ManualResetEventSlim();
        node.Nsm.Lie = (request, _, _) =>
        {
            if (request is NsmRequest.LockPcrs)
            {
                entered.Set();
                released.Wait(TimeSpan.FromSeconds(30));
            }

            return null;
        };

        Task<ProtocolMessage> boot = Task.Factory.StartNew(
            () => node.Send(quorum.BootRequest), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        Assert.True(entered.Wait(TimeSpan.FromSeconds(30)));

        // The boot hangs in NSM, and on this thread all of these come back.
        Assert.IsType<ProtocolMessage.StatusResponse>(node.Send(new ProtocolMessage.StatusRequest()));
        Assert.IsType<ProtocolMessage.VersionResponse>(node.Send(new ProtocolMessage.VersionRequest()));
        Assert.Equal(ProtocolPhase.WaitingForBootInstruction, node.Status().Phase);
        node.Expect<ProtocolMessage.ManifestEnvelopeResponse>(new ProtocolMessage.ManifestEnvelopeRequest());

        released.Set();
        Assert.IsType<ProtocolMessage.BootStandardResponse>(await boot);
    }

    [Fact]
    public async Task Of_eight_boots_at_once_seven_are_refused()
    {
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);
        using var pivot = new StagedPivot(new NoFile(), System.Security.Cryptography.SHA256.HashData(quorum.Pivot));
        ProtocolMessage[] answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(index => Task.Run(() => index == 0
            ? node.Node.HandleAsync(quorum.BootRequest).AsTask()
            : node.Node.HandleAsync(quorum.BootRequest, pivot, CancellationToken.None).AsTask())));

        Assert.Single(answers.OfType<ProtocolMessage.BootStandardResponse>());
        Assert.Equal(7, answers.OfType<ProtocolMessage.ProtocolErrorResponse>().Count());
        Assert.Single(node.Nsm.Requests.OfType<NsmRequest.LockPcrs>());
    }

    [Fact]
    public void An_exception_that_nobody_foresaw_is_answered_without_its_words()
    {
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum, _ => new BrokenFiles());
        Assert.Equal(new ProtocolError(ProtocolErrorCode.IOError), node.Refused(quorum.BootRequest));
        Assert.Equal(ProtocolPhase.WaitingForBootInstruction, node.Phase);
        (LogLevel level, string message) = Assert.Single(node.Log);
        Assert.Equal(LogLevel.Error, level);
        Assert.DoesNotContain("secret", message, StringComparison.Ordinal);
    }

    /// <summary>A file that is nowhere: publishing it does nothing.</summary>
    private sealed class NoFile : IStagedFile
    {
        public void Publish()
        {
        }

        public void Dispose()
        {
        }
    }

    private sealed class BrokenFiles : INodeFiles
    {
        public string PivotPath => throw new InvalidOperationException("secret");

        public IPivotStage StagePivot(int place) => throw new InvalidOperationException("secret");

        public IStagedFile StageEphemeralKey(ReadOnlySpan<byte> seed) => throw new InvalidOperationException("secret");

        public IStagedFile StageEphemeralKeyRotation(ReadOnlySpan<byte> seed) => throw new InvalidOperationException("secret");

        public IStagedFile StageManifestEnvelope(ReadOnlySpan<byte> envelope) => throw new InvalidOperationException("secret");

        public IStagedFile StageManifestEnvelopeReplacement(ReadOnlySpan<byte> envelope) => throw new InvalidOperationException("secret");

        public IStagedFile StageQuorumKey(ReadOnlySpan<byte> seed) => throw new InvalidOperationException("secret");

        public Qos.Keys.SecretMemory ReadQuorumKey() => throw new InvalidOperationException("secret");
    }
}
