using Qos.Protocol;

namespace Qos.Node;

/// <summary>Takes the pivot of one message to its stage, when this node waits for one and there is a place for it.</summary>
/// <remarks>
/// The first failure is remembered, and everything after it is dropped: the peer is answered when it has finished. Used by the message's
/// connection, and by another message's for <see cref="TryDisplace"/>.
/// </remarks>
internal sealed class PivotReception(QuorumNode node, PivotPlaces places) : IDisposable
{
    private readonly Lock _gate = new();
    private IPivotStage? _stage;
    private bool _isPinned;
    private long _arrived;

    /// <summary>Why the message will be refused, or null.</summary>
    internal ProtocolError? Failure { get; private set; }

    /// <summary>The pivot, when it arrived completely.</summary>
    internal StagedPivot? Staged { get; private set; }

    /// <summary>How many bytes have arrived.</summary>
    internal long Arrived => Interlocked.Read(ref _arrived);

    /// <summary>Says that a pivot begins.</summary>
    /// <param name="envelope">The envelope, when it came before the pivot; null when it is still to come.</param>
    internal void Begin(ManifestEnvelope? envelope)
    {
        bool isApproved = envelope is not null && IsApproved(envelope);
        lock (_gate)
        {
            if (Failure is not null)
                return;
            if (_stage is not null || Staged is not null)
            {
                Fail(new ProtocolError(ProtocolErrorCode.ProtocolMsgDeserialization));
                return;
            }

            // A node that takes no boot now needs no pivot on its disk: the route will be refused whatever the message says.
            if (node.Phase is not ProtocolPhase.WaitingForBootInstruction)
            {
                Fail(ProtocolError.NoMatchingRoute(node.Phase));
                return;
            }

            int place = places.TryTake(this, isApproved);
            if (place < 0)
                Fail(new ProtocolError(ProtocolErrorCode.FailedToPutPivot));
            else
                Try(() => _stage = node.Files.StagePivot(place));
        }
    }

    /// <summary>Takes the next bytes.</summary>
    internal void Write(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            if (Failure is not null || _stage is null)
                return;
            try
            {
                _stage.Write(bytes);
                Interlocked.Add(ref _arrived, bytes.Length);
            }
            catch (NodeFileException exception)
            {
                Fail(exception.Error);
            }
        }
    }

    /// <summary>Says that the pivot is complete.</summary>
    internal void Complete()
    {
        lock (_gate)
        {
            Try(() =>
            {
                Staged = _stage?.Complete();
                _stage = null;
            });
        }
    }

    /// <summary>Says that the message is complete and is answered now: nobody displaces it any more. False when it has failed.</summary>
    internal bool TryPin()
    {
        lock (_gate)
        {
            _isPinned = Failure is null;
            return _isPinned;
        }
    }

    /// <summary>Drops the pivot because another message needs the place; false when its own message is being answered.</summary>
    internal bool TryDisplace()
    {
        lock (_gate)
        {
            if (_isPinned)
                return false;
            Fail(new ProtocolError(ProtocolErrorCode.FailedToPutPivot));
            return true;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _stage?.Dispose();
            Staged?.Dispose();
            _stage = null;
            Staged = null;
        }

        places.Leave(this);
    }

    private void Fail(ProtocolError error)
    {
        Failure ??= error;
        Dispose();
    }

    private void Try(Action step)
    {
        if (Failure is not null)
            return;
        try
        {
            step();
        }
        catch (NodeFileException exception)
        {
            Fail(exception.Error);
        }
    }

    private static bool IsApproved(ManifestEnvelope envelope)
    {
        try
        {
            ApprovalChecks.CheckManifestApprovals(envelope);
            return envelope.ShareSetApprovals.Count == 0;
        }
        catch (ProtocolException)
        {
            return false;
        }
    }
}
