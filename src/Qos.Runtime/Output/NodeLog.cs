using Microsoft.Extensions.Logging;
using Qos.Node;

namespace Qos.Runtime;

/// <summary>What a node tells its operator.</summary>
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
}
