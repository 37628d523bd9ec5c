using System.Net;
using Microsoft.Extensions.Logging;
using Qos.Protocol;
using Qos.Transport;

namespace Qos.Runtime;

/// <summary>What the runtime tells its operator: one line for each event, never anything secret.</summary>
internal static partial class RuntimeLog
{
    [LoggerMessage(1, LogLevel.Information, "pivot started, process {Pid}, SHA-256 {Sha256}")]
    internal static partial void PivotStarted(this ILogger logger, int pid, string sha256);

    [LoggerMessage(2, LogLevel.Warning, "pivot {Exit}")]
    internal static partial void PivotEnded(this ILogger logger, PivotExit exit);

    [LoggerMessage(3, LogLevel.Information, "pivot starts again in {Milliseconds} ms")]
    internal static partial void PivotRestarts(this ILogger logger, long milliseconds);

    [LoggerMessage(4, LogLevel.Critical, "{Reason}")]
    internal static partial void PivotNotStarted(this ILogger logger, string reason);

    [LoggerMessage(5, LogLevel.Warning, "the pivot can change the node's files and reach its control socket, because it cannot be confined ({Reason})")]
    internal static partial void PivotNotConfined(this ILogger logger, string reason);

    [LoggerMessage(10, LogLevel.Warning, "cannot accept a connection: {Reason}")]
    internal static partial void AcceptFailed(this ILogger logger, string reason);

    [LoggerMessage(11, LogLevel.Debug, "connection closed: {Reason}")]
    internal static partial void ConnectionClosed(this ILogger logger, string reason);

    [LoggerMessage(12, LogLevel.Error, "a request failed unexpectedly ({Kind}); its connection was closed")]
    internal static partial void ConnectionFailed(this ILogger logger, string kind);

    [LoggerMessage(20, LogLevel.Information, "bridge {Name} open: {Listening} to {Connecting}")]
    internal static partial void BridgeOpened(this ILogger logger, string name, EndPoint listening, string connecting);

    [LoggerMessage(21, LogLevel.Warning, "{Notice}")]
    internal static partial void BridgeNotice(this ILogger logger, string notice);

    [LoggerMessage(22, LogLevel.Critical, "the pivot is not started, because the bridge {Name} cannot be opened: {Reason}")]
    internal static partial void BridgeNotOpened(this ILogger logger, string name, string reason);

    [LoggerMessage(23, LogLevel.Critical, "the pivot is not started, because the manifest's names cannot be written: {Reason}")]
    internal static partial void NamesNotWritten(this ILogger logger, string reason);

    [LoggerMessage(24, LogLevel.Warning, "the manifest's name servers are not set: outside of an enclave image the pivot has this machine's")]
    internal static partial void ResolversNotSet(this ILogger logger);

    [LoggerMessage(25, LogLevel.Information, "the app's service listens on {Path}")]
    internal static partial void ServiceOpened(this ILogger logger, string path);

    [LoggerMessage(26, LogLevel.Information, "the app has no service: its manifest chooses none")]
    internal static partial void ServiceIsOff(this ILogger logger);

    [LoggerMessage(27, LogLevel.Warning, "the app has no service, because it cannot be opened: {Reason}")]
    internal static partial void ServiceMissing(this ILogger logger, string reason);

    [LoggerMessage(28, LogLevel.Warning, "{Notice}")]
    internal static partial void ServiceNotice(this ILogger logger, string notice);

    [LoggerMessage(30, LogLevel.Information, "listening on {Address}")]
    internal static partial void Listening(this ILogger logger, EnclaveAddress address);
}
