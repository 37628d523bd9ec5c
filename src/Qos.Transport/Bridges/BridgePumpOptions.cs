namespace Qos.Transport;

/// <summary>How a pump runs.</summary>
public sealed record BridgePumpOptions
{
    /// <summary>Loop threads.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Runs first on each loop thread, for example to enter a network namespace.</summary>
    public Action? OnLoopStart { get; init; }

    /// <summary>Hears of what an operator should know. Called on loop threads: it must be quick.</summary>
    public Action<BridgeNotice>? Notify { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
