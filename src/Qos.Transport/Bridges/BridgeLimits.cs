namespace Qos.Transport;

/// <summary>What a bridge may cost and how long it waits. Format: docs/protocol/host.md, Bridges.</summary>
public sealed record BridgeLimits
{
    /// <summary>The limits that hold where none are given.</summary>
    public static BridgeLimits Default { get; } = new();

    /// <summary>Connections that one bridge holds open; a further one is reset at once.</summary>
    public int MaxConnections { get; init; } = 10_000;

    /// <summary>How long it may take to find the target's addresses and to be accepted by one of them.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long one address of several may take to accept before the next one is tried.</summary>
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromSeconds(1.5);

    /// <summary>How long a connection may stand half closed without a byte moving.</summary>
    public TimeSpan HalfClosedTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long an open connection may be silent. Without a limit by default: the bridged protocols keep their own.</summary>
    public TimeSpan IdleTimeout { get; init; } = Timeout.InfiniteTimeSpan;

    /// <summary>The largest single write to a vsock in bytes (format: docs/protocol/messages.md, Transport).</summary>
    public int VsockChunk { get; init; } = EnclaveStream.VsockChunk;

    /// <summary>The most bytes that one read fetches; each loop has one buffer of this size.</summary>
    public int ReadSize { get; init; } = 256 * 1024;

    /// <summary>Bytes that one connection may move one way before the others of its loop have their turn.</summary>
    public int FairShare { get; init; } = 512 * 1024;

    /// <summary>
    /// Bytes a loop may hold for receivers that are slower than their senders before it reads in small pieces only,
    /// which bounds what each further connection can add to 16 KiB.
    /// </summary>
    public long MaxPending { get; init; } = 16 * 1024 * 1024;
}
