using System.Net;
using Qos.Keys;
using Qos.Nsm;
using Qos.Protocol;
using Qos.Simulator;

namespace Qos.Fleet.World;

/// <summary>
/// A node as its host shows it: the phases and refusals of a real one, documents that a simulated module really signed. Its secrets are left out: a share is
/// counted, a forwarded key is the name of whom it is for.
/// </summary>
public sealed class SimulatedNode : IFleetNode
{
    private readonly FleetWorld _world;
    private readonly HashSet<string> _received = new(StringComparer.Ordinal);
    private ManifestEnvelope? _envelope;
    private byte[] _key = [];

    public SimulatedNode(FleetWorld world, ReplicaLaunch launch) => (_world, Launch) = (world, launch);

    public ReplicaLaunch Launch { get; }

    public ProtocolPhase Phase { get; set; } = ProtocolPhase.WaitingForBootInstruction;

    public int Boots { get; private set; }

    public int Injections { get; private set; }

    public bool HasEnded { get; set; }

    public bool IsSilent { get; set; }

    /// <summary>What is said of it while it is silent.</summary>
    public string Silence { get; set; } = "nobody answers";

    public bool IsHealthy { get; set; } = true;

    /// <summary>Whether a question for its app's health is taken and never answered.</summary>
    public bool Hangs { get; set; }

    /// <summary>What it says of its app's process.</summary>
    public PivotStatus? Pivot { get; set; }

    /// <summary>Called while it exports its key, before it answers; null where no test needs it.</summary>
    public Func<Task>? Exporting { get; set; }

    /// <summary>Where its app is reached; null where no test asks it.</summary>
    public IPEndPoint? App { get; set; }

    /// <summary>Another node, whose documents this one's host gives out.</summary>
    public SimulatedNode? Impersonates { get; set; }

    /// <summary>What this host claims to be in, whatever it is in.</summary>
    public ProtocolPhase? Claims { get; set; }

    public string KeyHex => Convert.ToHexStringLower(_key);

    public Task<NodeStatus> StatusAsync(CancellationToken cancellationToken)
    {
        RequireAnswer();
        ShareStatus? shares = Phase == ProtocolPhase.WaitingForQuorumShards
            ? new ShareStatus(_envelope!.Manifest.ShareSet.Threshold, [.. _received], [])
            : null;
        return Task.FromResult(new NodeStatus(Claims ?? Phase, shares, Pivot));
    }

    public Task<ReadOnlyMemory<byte>> BootAsync(ManifestEnvelope envelope, string pivotPath, bool keyForward, CancellationToken cancellationToken) =>
        _world.Interruption.AroundAsync(() =>
        {
            RequireAnswer();
            if (Phase != ProtocolPhase.WaitingForBootInstruction)
                throw new ProtocolException(ProtocolErrorCode.NoMatchingRoute);
            ApprovalChecks.CheckManifestApprovals(envelope);
            Boots++;
            _envelope = envelope;
            _key = FleetWorld.NewKey();
            Phase = keyForward ? ProtocolPhase.WaitingForForwardedKey : ProtocolPhase.WaitingForQuorumShards;
            return Task.FromResult<ReadOnlyMemory<byte>>(Document());
        });

    public Task<(ReadOnlyMemory<byte> Document, ManifestEnvelope? Envelope)> AttestationAsync(CancellationToken cancellationToken)
    {
        RequireAnswer();
        return Task.FromResult<(ReadOnlyMemory<byte>, ManifestEnvelope?)>(((Impersonates ?? this).Document(), _envelope));
    }

    public Task ProvisionAsync(ReadOnlyMemory<byte> share, Approval approval, CancellationToken cancellationToken) => _world.Interruption.AroundAsync(() =>
    {
        RequireAnswer();
        if (Phase != ProtocolPhase.WaitingForQuorumShards)
            throw new ProtocolException(ProtocolErrorCode.NoMatchingRoute);
        if (!_received.Add(approval.Member.Alias))
            throw new ProtocolException(ProtocolErrorCode.DuplicateApproval);
        if (_received.Count >= _envelope!.Manifest.ShareSet.Threshold)
            Provision();
        return Task.FromResult(true);
    });

    public async Task<ProtocolMessage.ExportKeyResponse> ExportKeyAsync(ManifestEnvelope envelope, ReadOnlyMemory<byte> document, CancellationToken cancellationToken)
    {
        if (Exporting is { } exporting)
            await exporting();
        RequireAnswer();
        if (Phase != ProtocolPhase.QuorumKeyProvisioned)
            throw new ProtocolException(ProtocolErrorCode.NoMatchingRoute);
        ApprovalChecks.CheckManifestApprovals(envelope);
        ForwardChecks.CheckSuccessor(_envelope!.Manifest, envelope.Manifest);
        return new ProtocolMessage.ExportKeyResponse(AttestationDocument.Parse(document.Span).PublicKey!.Value, new byte[64]);
    }

    public Task InjectKeyAsync(ProtocolMessage.ExportKeyResponse key, CancellationToken cancellationToken) => _world.Interruption.AroundAsync(() =>
    {
        RequireAnswer();
        if (Phase != ProtocolPhase.WaitingForForwardedKey)
            throw new ProtocolException(ProtocolErrorCode.NoMatchingRoute);
        if (!key.EncryptedQuorumKey.Span.SequenceEqual(_key))
            throw new ProtocolException(ProtocolErrorCode.DecryptionFailed);
        Injections++;
        Provision();
        return Task.FromResult(true);
    });

    public void Dispose()
    {
    }

    private void Provision()
    {
        _key = FleetWorld.NewKey();
        Phase = ProtocolPhase.QuorumKeyProvisioned;
    }

    private byte[] Document()
    {
        byte[] hash = _envelope!.Manifest.Hash();
        bool isLive = Phase == ProtocolPhase.QuorumKeyProvisioned;
        using var module = new SoftwareNsm(new SoftwareNsmOptions { Pcrs = FleetWorld.Pcrs, TimeProvider = _world.ModuleClock, Pki = FleetWorld.Pki, ModuleId = "sim-" + Launch.ReplicaId[^12..] + "-enc1" });
        if (isLive)
            module.Send(new NsmRequest.ExtendPcr(ManifestCommitment.LivePcrIndex, ManifestCommitment.Live(_key, hash).Extension.ToArray()));
        else
            module.Send(new NsmRequest.ExtendPcr(ManifestCommitment.SetupPcrIndex, ManifestCommitment.Setup(_key, hash).Extension.ToArray()));
        module.Send(new NsmRequest.LockPcrs(32));
        return ((NsmResponse.Attestation)module.Send(new NsmRequest.Attestation(hash, null, _key))).Document.ToArray();
    }

    private void RequireAnswer()
    {
        if (HasEnded || IsSilent)
            throw new NodeUnreachableException(Silence);
    }
}
