using Microsoft.Extensions.Logging;
using Qos.Node;

namespace Qos.Enclave;

/// <summary>What the program and its node tell their operator.</summary>
internal static partial class NodeLog
{
    /// <summary>Passes on what a node says.</summary>
    public static void Write(this ILogger logger, NodeLogEntry entry) => logger.NodeSaid(
        entry.Severity switch
        {
            NodeLogSeverity.Information => LogLevel.Information,
            NodeLogSeverity.Warning => LogLevel.Warning,
            _ => LogLevel.Error,
        },
        entry.Message);

    [LoggerMessage(EventId = 100, Message = "{Message}")]
    private static partial void NodeSaid(this ILogger logger, LogLevel level, string message);

    [LoggerMessage(101, LogLevel.Warning, "removed what an earlier run left in {Directory}: {Names}")]
    internal static partial void LeftoversRemoved(this ILogger logger, string directory, string names);

    [LoggerMessage(102, LogLevel.Information, "the app's network is isolated: nothing but loopback, as in an enclave")]
    internal static partial void NetworkIsolated(this ILogger logger);

    [LoggerMessage(103, LogLevel.Warning, "the app shares this machine's network, because it cannot be isolated ({Reason})")]
    internal static partial void NetworkShared(this ILogger logger, string reason);
}
