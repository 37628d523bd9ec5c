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

    /// <summary>How far a stamped body's time may be from now, either way: the deployment API's five minutes.</summary>
    public TimeSpan StampWindow { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How many stamped requests are accepted within the window, each remembered until it expires.</summary>
    public int MaxStamps { get; init; } = 100_000;

    /// <summary>How long to wait before accepting again when the process has no descriptor left.</summary>
    public TimeSpan AcceptRetry { get; init; } = TimeSpan.FromSeconds(0.1);

    /// <summary>The clock of the limits.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
