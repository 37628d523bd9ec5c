namespace Qos.Host;

/// <summary>What the host writes to its log, one event a line.</summary>
internal static partial class HostLog
{
    [LoggerMessage(1, LogLevel.Information, "listening on {Address}, enclave at {Enclave}")]
    public static partial void Listening(ILogger logger, string address, string enclave);

    [LoggerMessage(2, LogLevel.Warning, "the enclave could not be asked: {Reason}")]
    public static partial void EnclaveFailed(ILogger logger, string reason);

    [LoggerMessage(3, LogLevel.Information, "enclave is in phase {Phase}")]
    public static partial void Phase(ILogger logger, string phase);

    [LoggerMessage(4, LogLevel.Information, "bridge {Listen} -> port {Port} of the enclave")]
    public static partial void BridgeOpen(ILogger logger, string listen, ushort port);

    [LoggerMessage(5, LogLevel.Error, "bridge for port {Port} cannot listen on {Listen}: {Reason}; trying again every {Seconds} s (--publish {Port}=IP:PORT moves it)")]
    public static partial void BridgeRefused(ILogger logger, ushort port, string listen, string reason, double seconds);

    [LoggerMessage(6, LogLevel.Information, "bridges closed: {Reason}")]
    public static partial void BridgesClosed(ILogger logger, string reason);

    [LoggerMessage(7, LogLevel.Information, "client bridge: port {Port} from inside reaches {Target}")]
    public static partial void ClientBridgeOpen(ILogger logger, ushort port, string target);

    [LoggerMessage(8, LogLevel.Warning, "{Notice}")]
    public static partial void BridgeNotice(ILogger logger, string notice);

    [LoggerMessage(9, LogLevel.Error, "client bridge for port {Port} cannot open: {Reason}; trying again every {Seconds} s")]
    public static partial void ClientBridgeRefused(ILogger logger, ushort port, string reason, double seconds);

    [LoggerMessage(10, LogLevel.Warning, "an upload was refused: {Reason}")]
    public static partial void UploadRefused(ILogger logger, string reason);

    [LoggerMessage(12, LogLevel.Information, "there is another enclave, with the same manifest")]
    public static partial void EnclaveReplaced(ILogger logger);

    [LoggerMessage(13, LogLevel.Information, "ready: the app runs and its bridges are open")]
    public static partial void Ready(ILogger logger);

    [LoggerMessage(14, LogLevel.Warning, "not ready: {Reason}")]
    public static partial void NotReady(ILogger logger, string reason);

    [LoggerMessage(15, LogLevel.Information, "health and metrics on {Address}")]
    public static partial void HealthListening(ILogger logger, string address);
}
