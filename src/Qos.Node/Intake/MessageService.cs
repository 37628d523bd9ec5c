using Qos.Protocol;

namespace Qos.Node;

/// <summary>Takes requests for a node off any number of connections. Specification: protocol, Transport.</summary>
public sealed class MessageService : IMessageService, IDisposable
{
    private readonly QuorumNode _node;
    private readonly INodeFiles _files;
    private readonly PivotGate _gate = new();
    private readonly IntakeBudget _budget = new(NodeLimits.MaximumRetainedTogether);
    private readonly SemaphoreSlim _changes = new(1, 1);

    /// <summary>Serves a node.</summary>
    /// <param name="node">The node that answers.</param>
    /// <param name="files">Where it keeps its files: pivots are staged there while they arrive.</param>
    public MessageService(QuorumNode node, INodeFiles files)
    {
        _node = node;
        _files = files;
    }

    /// <summary>How many bytes the messages that are still arriving hold in memory together; never more than the limit.</summary>
    public long RetainedBytes => _budget.Taken;

    /// <inheritdoc/>
    public IMessageIntake Begin(long bodyLength) =>
        new MessageIntake(bodyLength, _budget, new PivotReception(_node, _files, _gate), AnswerAsync);

    /// <summary>Lets go of what the service holds; the node is its owner's.</summary>
    public void Dispose() => _changes.Dispose();

    private async ValueTask<ProtocolMessage> AnswerAsync(ProtocolMessage request, StagedPivot? pivot, CancellationToken cancellationToken)
    {
        if (!QuorumNode.ChangesState(request))
            return _node.Handle(request, pivot);

        // Waiting here holds no thread, so that status is answered however many changes queue.
        await _changes.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return _node.Handle(request, pivot);
        }
        finally
        {
            _changes.Release();
        }
    }
}
