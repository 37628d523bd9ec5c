using Microsoft.Extensions.Logging;

namespace Qos.Enclave;

/// <summary>What the program tells its operator.</summary>
internal static partial class ProgramLog
{
    [LoggerMessage(101, LogLevel.Warning, "removed what an earlier run left in {Directory}: {Names}")]
    internal static partial void LeftoversRemoved(this ILogger logger, string directory, string names);

    [LoggerMessage(102, LogLevel.Information, "the app's network is isolated: nothing but loopback, as in an enclave")]
    internal static partial void NetworkIsolated(this ILogger logger);

    [LoggerMessage(103, LogLevel.Warning, "the app shares this machine's network, because it cannot be isolated ({Reason})")]
    internal static partial void NetworkShared(this ILogger logger, string reason);
}
