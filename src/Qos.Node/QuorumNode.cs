using Qos.Keys;
using Qos.Nsm;
using Qos.Protocol;

namespace Qos.Node;

/// <summary>
/// A node of the quorum: its phase, and what it does with each message. Specification: protocol, Phases and routes.
/// </summary>
/// <remarks>
/// Requests that change state are taken one at a time; all others are answered from what is published, and wait for nobody. A request
/// that is refused leaves the phase as it was; only a step that cannot be taken back and fails after it began ends the node's life
/// (<see cref="ProtocolPhase.UnrecoverableError"/>). May be used by several threads.
/// </remarks>
public sealed class QuorumNode : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    private readonly Lock _changes = new();
    private readonly TaskCompletionSource<PivotLaunch> _provisioned = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly NodeOptions _options;
    private readonly NodeState _state;
    private readonly NodeBoot _boot;
    private readonly NodeGenesis _genesis;
    private readonly NodeProvisioning _provisioning;
    private readonly KeyInjection _injection;
    private readonly KeyExport _export;
    private readonly LiveAttestation _attestation;
    private volatile PivotStatus _pivotStatus = PivotStatus.Waiting;

    /// <summary>Makes a node that waits for its boot instruction.</summary>
    /// <param name="nsm">The Nitro Secure Module; its clock is the only one that the node believes.</param>
    /// <param name="files">Where manifest, pivot and keys are published.</param>
    /// <param name="random">Where keys come from.</param>
    /// <param name="options">What the node is told about itself.</param>
    public QuorumNode(INsm nsm, INodeFiles files, IRandomSource random, NodeOptions options)
    {
        _options = options;
        _state = new NodeState(new NsmConversation(nsm), files, random);
        var publication = new QuorumKeyPublication(_state);
        _boot = new NodeBoot(_state);
        _genesis = new NodeGenesis(_state);
        _provisioning = new NodeProvisioning(_state, publication);
        _injection = new KeyInjection(_state, publication);
        _export = new KeyExport(_state, options.TrustAnchor);
        _attestation = new LiveAttestation(_state);
    }

    /// <summary>Where the node stands in its life.</summary>
    public ProtocolPhase Phase => _state.View.Phase;

    /// <summary>Completes when the quorum key's file is in place: with what is to be started.</summary>
    public Task<PivotLaunch> Provisioned => _provisioned.Task;

    /// <summary>What the pivot is doing, as its supervisor says.</summary>
    public PivotStatus PivotStatus
    {
        get => _pivotStatus;
        set => _pivotStatus = value;
    }

    /// <summary>Whether a request changes state, and so may have to wait for another one.</summary>
    public static bool ChangesState(ProtocolMessage request) => Routes.ChangesState(request);

    /// <summary>Does what a request asks for.</summary>
    /// <param name="request">The request; one that is no request has no route.</param>
    /// <param name="pivot">For a boot, the pivot that arrived with it; the caller disposes of it afterwards, whatever the answer.</param>
    /// <returns>The answer; a <see cref="ProtocolMessage.ProtocolErrorResponse"/> when it was refused. Never throws for bad input.</returns>
    public ProtocolMessage Handle(ProtocolMessage request, StagedPivot? pivot = null)
    {
        try
        {
            if (!Routes.ChangesState(request))
                return Answer(request);
            lock (_changes)
            {
                return Change(request, pivot);
            }
        }
        catch (Exception exception)
        {
            return Refuse(request, exception);
        }
    }

    /// <summary>Wipes the keys and shares that the node still holds.</summary>
    public void Dispose()
    {
        // A change that hangs in NSM must not keep the process from ending, which wipes its memory as well.
        if (!_changes.TryEnter(s_patience))
            return;
        try
        {
            _provisioning.Dispose();
            _state.Dispose();
        }
        finally
        {
            _changes.Exit();
        }
    }

    private ProtocolMessage Answer(ProtocolMessage request)
    {
        NodeView view = RequireRoute(request);
        return request switch
        {
            ProtocolMessage.StatusRequest => new ProtocolMessage.StatusResponse(view.Phase),
            ProtocolMessage.VersionRequest => new ProtocolMessage.VersionResponse(_options.Version, _options.Commit),
            ProtocolMessage.NodeStatusRequest => new ProtocolMessage.NodeStatusResponse(StatusOf(view)),
            ProtocolMessage.ManifestEnvelopeRequest => new ProtocolMessage.ManifestEnvelopeResponse(view.Envelope),
            ProtocolMessage.LiveAttestationDocRequest => _attestation.Attest(view),
            ProtocolMessage.ExportKeyRequest export => _export.Export(export.ManifestEnvelope, export.CoseSign1AttestationDoc),
            _ => throw new ProtocolException(ProtocolError.NoMatchingRoute(view.Phase)),
        };
    }

    private ProtocolMessage Change(ProtocolMessage request, StagedPivot? pivot)
    {
        RequireRoute(request);
        try
        {
            return request switch
            {
                ProtocolMessage.BootGenesisRequest genesis => Genesis(genesis),
                ProtocolMessage.BootStandardRequest boot => StandardBoot(boot.ManifestEnvelope, boot.Pivot, pivot),
                ProtocolMessage.BootStandardJsonEnvelopeRequest boot => StandardBoot(boot.ManifestEnvelope, boot.Pivot, pivot),
                ProtocolMessage.BootKeyForwardRequest boot => KeyForwardBoot(boot.ManifestEnvelope, boot.Pivot, pivot),
                ProtocolMessage.ProvisionRequest provision => Provision(provision),
                ProtocolMessage.InjectKeyRequest inject => Inject(inject),
                _ => throw new ProtocolException(ProtocolError.NoMatchingRoute(Phase)),
            };
        }
        catch (HalfWayException)
        {
            Enter(ProtocolPhase.UnrecoverableError);
            throw;
        }
    }

    private ProtocolMessage.BootGenesisResponse Genesis(ProtocolMessage.BootGenesisRequest request)
    {
        ProtocolMessage.BootGenesisResponse response = _genesis.Run(request.Set, request.DrKey);
        Enter(ProtocolPhase.GenesisBooted);
        return response;
    }

    private ProtocolMessage.BootStandardResponse StandardBoot(
        ManifestEnvelope envelope, ReadOnlyMemory<byte> bytes, StagedPivot? pivot)
    {
        NsmResponse attestation = Boot(envelope, bytes, pivot);
        _provisioning.Begin();
        Enter(ProtocolPhase.WaitingForQuorumShards);
        return new ProtocolMessage.BootStandardResponse(attestation);
    }

    private ProtocolMessage.BootKeyForwardResponse KeyForwardBoot(
        ManifestEnvelope envelope, ReadOnlyMemory<byte> bytes, StagedPivot? pivot)
    {
        NsmResponse attestation = Boot(envelope, bytes, pivot);
        Enter(ProtocolPhase.WaitingForForwardedKey);
        return new ProtocolMessage.BootKeyForwardResponse(attestation);
    }

    private NsmResponse Boot(ManifestEnvelope envelope, ReadOnlyMemory<byte> bytes, StagedPivot? pivot)
    {
        if (pivot is not null)
            return _boot.Boot(envelope, pivot);

        // A request that was not taken off a wire has its pivot with it.
        using IPivotStage stage = _state.Files.StagePivot();
        stage.Write(bytes.Span);
        using StagedPivot staged = stage.Complete();
        return _boot.Boot(envelope, staged);
    }

    private ProtocolMessage.ProvisionResponse Provision(ProtocolMessage.ProvisionRequest request)
    {
        bool isReconstructed = _provisioning.Provision(request.Share, request.Approval);
        if (isReconstructed)
            EnterProvisioned();
        return new ProtocolMessage.ProvisionResponse(isReconstructed);
    }

    private ProtocolMessage.InjectKeyResponse Inject(ProtocolMessage.InjectKeyRequest request)
    {
        _injection.Inject(request.EncryptedQuorumKey, request.Signature);
        EnterProvisioned();
        return new ProtocolMessage.InjectKeyResponse();
    }

    private void EnterProvisioned()
    {
        Enter(ProtocolPhase.QuorumKeyProvisioned);
        _provisioned.TrySetResult(PivotLaunches.Of(_state.Envelope.Manifest, _state.Files.PivotPath));
    }

    private void Enter(ProtocolPhase phase)
    {
        ProtocolPhase previous = Phase;
        _state.View = _state.View with { Phase = phase };
        Log(phase is ProtocolPhase.UnrecoverableError ? NodeLogSeverity.Error : NodeLogSeverity.Information, $"{previous} -> {phase}");
    }

    private NodeView RequireRoute(ProtocolMessage request)
    {
        NodeView view = _state.View;
        return Routes.Has(view.Phase, request) ? view : throw new ProtocolException(ProtocolError.NoMatchingRoute(view.Phase));
    }

    private NodeStatus StatusOf(NodeView view) =>
        new(
            view.Phase,
            view.Phase is ProtocolPhase.WaitingForQuorumShards ? view.Shares : null,
            view.Envelope is null ? null : PivotStatus)
        {
            ManifestHash = view.Envelope is null ? (ReadOnlyMemory<byte>?)null : view.ManifestHash,
            EphemeralKey = view.EphemeralPublicKey,
        };

    private ProtocolMessage.ProtocolErrorResponse Refuse(ProtocolMessage request, Exception exception)
    {
        // Of what nobody foresaw, only the kind is told: its message might hold anything.
        string reason = Refusal.IsForeseen(exception) ? exception.Message : exception.GetType().Name;
        Log(
            Refusal.IsForeseen(exception) && exception is not HalfWayException ? NodeLogSeverity.Warning : NodeLogSeverity.Error,
            $"{request.GetType().Name} refused: {reason}");
        return new ProtocolMessage.ProtocolErrorResponse(Refusal.Of(exception));
    }

    private void Log(NodeLogSeverity severity, string message) => _options.Log?.Invoke(new NodeLogEntry(severity, message));
}
