namespace Qos.Transport;

/// <summary>What a connection of the control protocol may cost. Format: docs/protocol/messages.md, Transport.</summary>
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
    /// How long a message may keep us waiting in all, whatever its size, before <see cref="MinDataRate"/> counts. Only time spent waiting for the
    /// peer counts.
    /// </summary>
    public TimeSpan GracePeriod { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Bytes a second below which a peer is too slow once <see cref="GracePeriod"/> is used up: each byte earns its part of a second.</summary>
    public int MinDataRate { get; init; } = 64 * 1024;
}
