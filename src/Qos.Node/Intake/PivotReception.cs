using Qos.Protocol;

namespace Qos.Node;

/// <summary>Takes the pivot of one message to its stage, when this node waits for one and no other message brings one.</summary>
/// <remarks>The first failure is remembered, and everything after it is dropped: the peer is answered when it has finished.</remarks>
internal sealed class PivotReception(QuorumNode node, INodeFiles files, PivotGate gate) : IDisposable
{
    private bool _isInside;
    private IPivotStage? _stage;

    /// <summary>Why the message will be refused, or null.</summary>
    internal ProtocolError? Failure { get; private set; }

    /// <summary>The pivot, when it arrived completely.</summary>
    internal StagedPivot? Staged { get; private set; }

    /// <summary>Says that a pivot begins.</summary>
    internal void Begin()
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

        _isInside = gate.TryEnter();
        if (!_isInside)
        {
            Fail(new ProtocolError(ProtocolErrorCode.FailedToPutPivot));
            return;
        }

        Try(() => _stage = files.StagePivot());
    }

    /// <summary>Takes the next bytes.</summary>
    internal void Write(ReadOnlySpan<byte> bytes)
    {
        if (Failure is not null || _stage is null)
            return;
        try
        {
            _stage.Write(bytes);
        }
        catch (NodeFileException exception)
        {
            Fail(exception.Error);
        }
    }

    /// <summary>Says that the pivot is complete.</summary>
    internal void Complete() => Try(() =>
    {
        Staged = _stage?.Complete();
        _stage = null;
    });

    /// <summary>Drops the pivot, and remembers why if nothing was wrong before.</summary>
    internal void Fail(ProtocolError error)
    {
        Failure ??= error;
        Dispose();
    }

    public void Dispose()
    {
        _stage?.Dispose();
        Staged?.Dispose();
        _stage = null;
        Staged = null;
        if (_isInside)
            gate.Leave();
        _isInside = false;
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
}
