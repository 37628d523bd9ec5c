namespace Qos.Node;

/// <summary>Takes requests for a node off any number of connections. Format: docs/protocol/messages.md, Transport.</summary>
public sealed class MessageService : IMessageService
{
    private readonly QuorumNode _node;
    private readonly PivotPlaces _places;
    private readonly IntakeBudget _budget = new(NodeLimits.MaximumRetainedTogether);

    /// <summary>Serves a node.</summary>
    /// <param name="node">The node that answers; it stays its owner's.</param>
    /// <param name="time">The clock by which a slow pivot gives way to another; the system's by default.</param>
    public MessageService(QuorumNode node, TimeProvider? time = null)
    {
        _node = node;
        _places = new PivotPlaces(time ?? TimeProvider.System);
    }

    /// <summary>How many bytes the messages that are still arriving hold in memory together; never more than the limit.</summary>
    public long RetainedBytes => _budget.Taken;

    /// <inheritdoc/>
    public IMessageIntake Begin(long bodyLength) => new MessageIntake(bodyLength, _budget, new PivotReception(_node, _places), _node);
}
