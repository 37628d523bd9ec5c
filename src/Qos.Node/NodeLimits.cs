using Qos.Protocol;

namespace Qos.Node;

/// <summary>How much of anything the node takes. Format: docs/protocol/messages.md, Transport ("Ours").</summary>
public static class NodeLimits
{
    /// <summary>A pivot arrives in one message, so it is no longer than that.</summary>
    public const long MaximumPivotLength = ProtocolLimits.MaxMessageBytes;

    /// <summary>How much of one message is held in memory: everything but the pivot. Large enough for any manifest within its own limits.</summary>
    public const int MaximumRetainedPerMessage = 8 << 20;

    /// <summary>How much all messages that are still arriving may hold together.</summary>
    public const int MaximumRetainedTogether = 16 << 20;

    /// <summary>How many combinations of shares one provision request may try, so that bad shares cannot keep a node busy.</summary>
    public const int MaximumCombinations = 512;

    /// <summary>How many requests ask NSM for a document at the same time; it takes one after the other anyway.</summary>
    public const int MaximumConcurrentDocuments = 2;
}
