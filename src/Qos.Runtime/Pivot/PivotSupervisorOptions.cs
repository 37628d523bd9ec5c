namespace Qos.Runtime;

/// <summary>How a pivot is supervised.</summary>
public sealed record PivotSupervisorOptions
{
    /// <summary>The delay before the first restart; each further one doubles it.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromSeconds(0.1);

    /// <summary>The longest delay before a restart.</summary>
    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A run of this length counts as stable: the next delay is the first one again.</summary>
    public TimeSpan StableAfter { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a pivot may take to end after SIGTERM before it is killed.</summary>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Whether every child of this process belongs to the pivot: then orphans are adopted and reaped, and everything that a pivot left
    /// behind is killed before it is started again. Not for a process that has other children.
    /// </summary>
    public bool ReapsOrphans { get; init; }

    /// <summary>The network that the pivot lives in, or null for this process's own.</summary>
    public NetworkIsolation? Network { get; init; }

    /// <summary>The pivot's working directory; the reference's is the node's own.</summary>
    public string WorkingDirectory { get; init; } = "/";

    /// <summary>
    /// Whether the pivot gets a mount namespace of its own, in which the node's files cannot be changed and <see cref="Hidden"/> is not
    /// there. Without it only its capabilities are dropped.
    /// </summary>
    public PivotConfinement Confinement { get; init; }

    /// <summary>Files that a confined pivot does not see, such as the node's control socket.</summary>
    public IReadOnlyList<string> Hidden { get; init; } = [];

    /// <summary>Shows a line of the pivot's output in debug mode, and says whether it could; may block.</summary>
    public Func<string, bool> Console { get; init; } = static _ => false;

    /// <summary>How much of it is shown.</summary>
    public OutputLimits OutputLimits { get; init; } = new();

    /// <summary>The clock of delays and limits.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
