using Qos.Transport;

namespace Qos.AppService;

/// <summary>What the service's connections may cost. Format: docs/service.md, Limits.</summary>
public sealed record AppServiceOptions
{
    /// <summary>
    /// How many connections are held. When one more comes, the one that has been silent between requests for longest makes room; when all are in the
    /// middle of a request, the new one is closed.
    /// </summary>
    public int MaxConnections { get; init; } = 64;

    /// <summary>Idle time and slowness; the sizes are the service's own.</summary>
    public FrameLimits Limits { get; init; } = FrameLimits.Default;

    /// <summary>How long to wait before accepting again when the process has no descriptor left.</summary>
    public TimeSpan AcceptRetry { get; init; } = TimeSpan.FromSeconds(0.1);

    /// <summary>The clock of the limits.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
