namespace Qos.Transport;

/// <summary>What a connection of the control protocol may cost. Specification: protocol, Transport.</summary>
public sealed record FrameLimits
{
    /// <summary>The protocol's own bound on a message: 128 MiB.</summary>
    public const long ProtocolMaxLength = 128L * 1024 * 1024;

    /// <summary>The limits that hold where none are given.</summary>
    public static FrameLimits Default { get; } = new();

    /// <summary>The longest message in bytes.</summary>
    public long MaxLength { get; init; } = ProtocolMaxLength;

    /// <summary>How long a connection may be silent between messages; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// How long a message may keep us waiting in all, whatever its size; each arrived byte adds
    /// 1 / <see cref="MinBytesPerSecond"/> of a second. Only time spent waiting for the peer counts.
    /// </summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The rate below which a peer counts as too slow once <see cref="Grace"/> is used up.</summary>
    public int MinBytesPerSecond { get; init; } = 64 * 1024;
}
