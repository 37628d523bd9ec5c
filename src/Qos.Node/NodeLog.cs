using Microsoft.Extensions.Logging;
using Qos.Protocol;

namespace Qos.Node;

/// <summary>What a node tells its operator: one line for each event, never a secret.</summary>
internal static partial class NodeLog
{
    [LoggerMessage(100, LogLevel.Information, "{Previous} -> {Phase}")]
    internal static partial void PhaseEntered(this ILogger logger, ProtocolPhase previous, ProtocolPhase phase);

    [LoggerMessage(101, LogLevel.Error, "{Previous} -> {Phase}: only a new enclave helps")]
    internal static partial void Unrecoverable(this ILogger logger, ProtocolPhase previous, ProtocolPhase phase);

    [LoggerMessage(102, LogLevel.Warning, "{Request} refused: {Reason}")]
    internal static partial void Refused(this ILogger logger, string request, string reason);

    [LoggerMessage(103, LogLevel.Error, "{Request} failed: {Reason}")]
    internal static partial void Failed(this ILogger logger, string request, string reason);

    [LoggerMessage(104, LogLevel.Warning, "a bridge of the manifest cannot be opened by every host: {Reason}")]
    internal static partial void BridgeDoubtful(this ILogger logger, string reason);
}
