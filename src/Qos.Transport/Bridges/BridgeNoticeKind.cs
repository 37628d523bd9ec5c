namespace Qos.Transport;

/// <summary>The kinds of notices. A bridge tells each kind at most once in ten seconds.</summary>
public enum BridgeNoticeKind
{
    /// <summary>The other side does not take connections.</summary>
    TargetUnreachable,

    /// <summary>The other side takes connections again.</summary>
    TargetReached,

    /// <summary>The bridge holds as many connections as it may.</summary>
    Full,

    /// <summary>The process or the system has no descriptors or memory left to accept with.</summary>
    AcceptPaused,

    /// <summary>A connection met an error of the pump's own and was closed.</summary>
    Fault,
}
