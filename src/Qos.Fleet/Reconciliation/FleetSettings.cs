namespace Qos.Fleet;

/// <summary>The reconciler's patience.</summary>
public sealed record FleetSettings
{
    /// <summary>How often everything is looked at, whether or not something seems to have changed.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a replica may take until its host listens.</summary>
    public TimeSpan StartLimit { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long one question to a host may take.</summary>
    public TimeSpan NodeLimit { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long a boot, with the executable's upload, may take.</summary>
    public TimeSpan BootLimit { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a host may not answer, or a document not verify, until the replica is replaced.</summary>
    public TimeSpan FailureLimit { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How many health checks in a row, an interval apart, may fail until a replica gets no traffic.</summary>
    public int HealthFailures { get; init; } = 3;

    /// <summary>How long an app may be unwell until its replica is replaced by one that gets the key from another.</summary>
    public TimeSpan UnhealthyLimit { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long a replica must have served for the next one in its slot to start at once. The store counts a slot's failures by it.</summary>
    public static TimeSpan Settled { get; } = TimeSpan.FromMinutes(1);

    /// <summary>The longest wait between two tries of a slot.</summary>
    public TimeSpan LongestBackoff { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How often a replica that is provisioned, or waits for shares, must show again that it is the same.</summary>
    public TimeSpan VerifyAgain { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a drained replica keeps running at least, so that every service's ingress knows and has said what it still carries.</summary>
    public TimeSpan DrainAtLeast { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How long its requests may take to end.</summary>
    public TimeSpan DrainAtMost { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a deleted deployment can be restored.</summary>
    public TimeSpan Retention { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Steps that run at the same time, without those that wait long for a host.</summary>
    public int Parallelism { get; init; } = 32;
}
