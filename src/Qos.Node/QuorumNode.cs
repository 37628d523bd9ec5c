using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Qos.Keys;
using Qos.Nsm;
using Qos.Protocol;

namespace Qos.Node;

/// <summary>
/// A node of the quorum: its phase, and what it does with each message. Format: docs/protocol/messages.md, Phases and routes.
/// </summary>
/// <remarks>
/// Requests that change state are taken one at a time; all others are answered from what is published, and wait for nobody. What asks NSM
/// runs on a thread of its own, so that a slow module keeps no thread of the pool from answering. A request that is refused leaves the
/// phase as it was; only a step that cannot be taken back and fails after it began ends the node's life
/// (<see cref="ProtocolPhase.UnrecoverableError"/>). May be used by several threads.
/// </remarks>
public sealed class QuorumNode : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _changes = new(1, 1);
    private readonly SemaphoreSlim _documents = new(NodeLimits.MaximumConcurrentDocuments, NodeLimits.MaximumConcurrentDocuments);
    private readonly TaskCompletionSource<PivotLaunch> _provisioned = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly NodeOptions _options;
    private readonly ILogger _logger;
    private readonly NodeState _state;
    private readonly NodeBoot _boot;
    private readonly NodeGenesis _genesis;
    private readonly NodeProvisioning _provisioning;
    private readonly NodeReshare _reshare;
    private readonly KeyInjection _injection;
    private readonly KeyExport _export;
    private volatile PivotStatus _pivotStatus = PivotStatus.Waiting;

    /// <summary>Makes a node that waits for its boot instruction.</summary>
    /// <param name="nsm">The Nitro Secure Module; its clock is the only one that the node believes.</param>
    /// <param name="files">Where manifest, pivot and keys are published.</param>
    /// <param name="random">Where keys come from.</param>
    /// <param name="options">What the node is told about itself.</param>
    /// <param name="logger">Takes one line for each event, never a secret; none by default.</param>
    public QuorumNode(INsm nsm, NodeFiles files, IRandomSource random, NodeOptions options, ILogger<QuorumNode>? logger = null)
        : this(nsm, (INodeFiles)files, random, options, logger)
    {
    }

    internal QuorumNode(INsm nsm, INodeFiles files, IRandomSource random, NodeOptions options, ILogger? logger = null)
    {
        _options = options;
        _logger = logger ?? NullLogger.Instance;
        _state = new NodeState(new NsmClient(nsm), files, random);
        var publication = new QuorumKeyPublication(_state);
        _boot = new NodeBoot(_state);
        var sharing = new KeySharing(random);
        _genesis = new NodeGenesis(_state, sharing);
        _reshare = new NodeReshare(_state, sharing);
        _provisioning = new NodeProvisioning(_state, publication);
        _injection = new KeyInjection(_state, publication);
        _export = new KeyExport(_state, options.TrustAnchor);
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

    /// <summary>The node's files; a pivot is staged there while it arrives.</summary>
    internal INodeFiles Files => _state.Files;

    /// <summary>Does what a request asks for.</summary>
    /// <param name="request">The request; a message that is not a request has no route.</param>
    /// <param name="cancellationToken">Ends the waiting for the request's turn; what has begun is finished.</param>
    /// <returns>The answer; a <see cref="ProtocolMessage.ProtocolErrorResponse"/> when it was refused. Never throws for bad input.</returns>
    /// <exception cref="OperationCanceledException">Cancelled before it began.</exception>
    public ValueTask<ProtocolMessage> HandleAsync(ProtocolMessage request, CancellationToken cancellationToken = default) =>
        HandleAsync(request, null, cancellationToken);

    /// <summary>Does what a request asks for.</summary>
    /// <param name="request">The request.</param>
    /// <param name="pivot">For a boot, the pivot that arrived with it; the caller disposes of it afterwards, whatever the answer.</param>
    /// <param name="cancellationToken">Ends the waiting for the request's turn.</param>
    internal ValueTask<ProtocolMessage> HandleAsync(ProtocolMessage request, StagedPivot? pivot, CancellationToken cancellationToken)
    {
        if (Routes.ChangesState(request))
            return InTurnAsync(_changes, () => Answer(request, () => Change(request, pivot)), cancellationToken);
        if (Routes.AsksNsm(request) && Routes.Has(_state.View, request))
            return InTurnAsync(_documents, () => Answer(request, () => Read(request)), cancellationToken);
        return new(Answer(request, () => Read(request)));
    }

    /// <summary>Wipes the keys and shares that the node still holds.</summary>
    public void Dispose()
    {
        // A change that hangs in NSM must not keep the process from ending, which wipes its memory as well.
        if (!_changes.Wait(s_patience))
            return;
        _provisioning.Dispose();
        _reshare.Dispose();
        _state.Dispose();
        _changes.Release();
    }

    // Waiting holds no thread, so that status is answered however many requests queue; NSM's answer is waited for on a thread of its own.
    private static async ValueTask<ProtocolMessage> InTurnAsync(
        SemaphoreSlim turn, Func<ProtocolMessage> work, CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await Task.Factory.StartNew(
                work, CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default)
                .ConfigureAwait(false);
        }
        finally
        {
            turn.Release();
        }
    }

    private ProtocolMessage Answer(ProtocolMessage request, Func<ProtocolMessage> work)
    {
        try
        {
            return work();
        }
        catch (Exception exception)
        {
            return Refuse(request, exception);
        }
    }

    private ProtocolMessage Read(ProtocolMessage request)
    {
        NodeView view = RequireRoute(request);
        return request switch
        {
            ProtocolMessage.StatusRequest => new ProtocolMessage.StatusResponse(view.Phase),
            ProtocolMessage.VersionRequest => new ProtocolMessage.VersionResponse(_options.Version, _options.Commit),
            ProtocolMessage.NodeStatusRequest => new ProtocolMessage.NodeStatusResponse(StatusOf(view)),
            ProtocolMessage.ManifestEnvelopeRequest => new ProtocolMessage.ManifestEnvelopeResponse(view.Envelope),
            ProtocolMessage.LiveAttestationDocRequest => Attest(view),
            ProtocolMessage.ModuleDocumentRequest => new ProtocolMessage.LiveAttestationDocResponse(_state.Nsm.TryAttest(), null),
            ProtocolMessage.ReshareStateRequest => _reshare.Show(),
            ProtocolMessage.ExportKeyRequest export => _export.Export(export.ManifestEnvelope, export.CoseSign1AttestationDoc),
            _ => throw new ProtocolException(ProtocolError.NoMatchingRoute(view.Phase)),
        };
    }

    /// <summary>An attestation document for the ephemeral key that is published now. Format: docs/protocol/messages.md, Standard boot, step 5.</summary>
    /// <exception cref="ProtocolException">The node never got so far as to publish a key or a manifest.</exception>
    private ProtocolMessage.LiveAttestationDocResponse Attest(NodeView view)
    {
        if (view.EphemeralPublicKey is not { } publicKey)
        {
            throw new ProtocolException(
                ProtocolError.WithKeyError(ProtocolErrorCode.FailedToGetEphemeralKey, KeyError.FailedToReadSecret));
        }

        if (view.Envelope is null)
            throw new ProtocolException(ProtocolErrorCode.FailedToGetManifestEnvelope);

        // NSM's error, if it answers with one, is passed on.
        return new ProtocolMessage.LiveAttestationDocResponse(_state.Nsm.TryAttest(view.ManifestHash, publicKey), view.Envelope);
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
                ProtocolMessage.ReshareBootRequest reshare => Reshare(reshare),
                ProtocolMessage.ReshareShareRequest share => Reshare(share),
                ProtocolMessage.InjectKeyRequest inject => Inject(inject),
                _ => throw new ProtocolException(ProtocolError.NoMatchingRoute(Phase)),
            };
        }
        catch (UnrecoverableException)
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

    private ProtocolMessage.ReshareStateResponse Reshare(ProtocolMessage.ReshareBootRequest request)
    {
        _reshare.Begin(request.Envelope);
        Enter(ProtocolPhase.GenesisBooted);
        return _reshare.Show();
    }

    private ProtocolMessage.ReshareStateResponse Reshare(ProtocolMessage.ReshareShareRequest request)
    {
        _reshare.Take(request.Share, request.Approval);
        return _reshare.Show();
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
        NsmResponse attestation = BootStaged(envelope, bytes, pivot);
        foreach (BridgeConfig bridge in envelope.Manifest.Pivot.BridgeConfig)
        {
            if (BridgeAddress.DescribeUnusable(bridge) is { } doubt)
                _logger.BridgeDoubtful(doubt);
        }

        return attestation;
    }

    private NsmResponse BootStaged(ManifestEnvelope envelope, ReadOnlyMemory<byte> bytes, StagedPivot? pivot)
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
        _provisioned.TrySetResult(PivotLaunch.From(_state.Envelope.Manifest, _state.Files.PivotPath));
    }

    private void Enter(ProtocolPhase phase)
    {
        ProtocolPhase previous = Phase;
        _state.View = _state.View with { Phase = phase };
        if (phase is ProtocolPhase.UnrecoverableError)
            _logger.Unrecoverable(previous, phase);
        else
            _logger.PhaseEntered(previous, phase);
    }

    private NodeView RequireRoute(ProtocolMessage request)
    {
        NodeView view = _state.View;
        return Routes.Has(view, request) ? view : throw new ProtocolException(ProtocolError.NoMatchingRoute(view.Phase));
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
        // Of an unexpected exception only the kind is told: its message might hold anything.
        string reason = Refusal.IsExpected(exception) ? exception.Message : exception.GetType().Name;
        if (Refusal.IsExpected(exception) && exception is not UnrecoverableException)
            _logger.Refused(request.GetType().Name, reason);
        else
            _logger.Failed(request.GetType().Name, reason);
        return new ProtocolMessage.ProtocolErrorResponse(Refusal.From(exception));
    }
}
