using Qos.Transport;

namespace Qos.Runtime;

/// <summary>What the control server's connections may cost. Format: docs/protocol/messages.md, Transport ("Ours").</summary>
public sealed record ControlServerOptions
{
    /// <summary>
    /// How many connections are held. When one more comes, the one that has been silent between messages for longest makes room; when
    /// all are in the middle of a message, the new one is closed.
    /// </summary>
    public int MaxConnections { get; init; } = 256;

    /// <summary>Message size, idle time and slowness.</summary>
    public FrameLimits Limits { get; init; } = FrameLimits.Default;

    /// <summary>How long to wait before accepting again when the process has no descriptor left.</summary>
    public TimeSpan AcceptRetry { get; init; } = TimeSpan.FromSeconds(0.1);

    /// <summary>The clock of the limits.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
