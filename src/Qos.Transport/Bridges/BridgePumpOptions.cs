using Qos.Native;
using Tmds.Linux;

namespace Qos.Transport;

/// <summary>How a pump runs.</summary>
public sealed record BridgePumpOptions
{
    private const int DescriptorsPerConnection = 2;

    /// <summary>Loop threads at most; more than one of them work only while one is not enough.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>
    /// Connections that all bridges together hold open; a further one is reset at once. By default as many as take half of the descriptors
    /// that the process may have, so that accepting and everything else in it goes on.
    /// </summary>
    public int MaxConnections { get; init; } = DescriptorLimit / (2 * DescriptorsPerConnection);

    /// <summary>Runs first on each loop thread, for example to enter a network namespace.</summary>
    public Action? OnLoopStart { get; init; }

    /// <summary>Hears of what an operator should know. Called on loop threads: it must be quick.</summary>
    public Action<BridgeNotice>? Notify { get; init; }

    /// <summary>Opens what the scheduler says of a loop's thread, on that thread; null where it says nothing.</summary>
    internal Func<IThreadTimes?> OpenTimes { get; init; } = SchedulerTimes.TryOpen;

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    private static unsafe int DescriptorLimit
    {
        get
        {
            ResourceLimit limit;
            return LibC.getrlimit(LibC.RLIMIT_NOFILE, &limit) == 0 ? (int)Math.Clamp(limit.rlim_cur, 64, 1 << 20) : 1024;
        }
    }
}
