namespace Qos.Transport;

/// <summary>Something about a bridge that an operator should know. A bridge reports each kind at most once in ten seconds.</summary>
/// <param name="Bridge">The bridge's name.</param>
/// <param name="Message">One line: what, where, what to do.</param>
public readonly record struct BridgeNotice(string Bridge, string Message)
{
    internal BridgeNoticeKind Kind { get; init; }
}

internal enum BridgeNoticeKind
{
    /// <summary>The target does not take connections.</summary>
    TargetUnreachable,

    /// <summary>The target takes connections again.</summary>
    TargetReached,

    /// <summary>The bridge or the pump holds as many connections as it may.</summary>
    Full,

    /// <summary>The process or the system has no descriptors or memory left for further connections.</summary>
    OutOfResources,

    /// <summary>A connection met an error of the pump's own and was closed.</summary>
    Fault,
}
