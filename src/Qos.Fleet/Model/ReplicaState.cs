namespace Qos.Fleet;

/// <summary>Where a replica stands.</summary>
public enum ReplicaState
{
    /// <summary>The runner was or will be asked for it.</summary>
    Starting,

    /// <summary>Its host answers; it is not booted, or its document is not verified yet.</summary>
    Booting,

    /// <summary>Booted and verified; waits for members' shares.</summary>
    AwaitingShares,

    /// <summary>Booted and verified; waits for another replica's key.</summary>
    AwaitingKey,

    /// <summary>Has the quorum key, verified; its app is not well, or not yet.</summary>
    Provisioned,

    /// <summary>Its app is well: it may get traffic.</summary>
    Ready,

    /// <summary>Gets no new traffic and will be stopped.</summary>
    Draining,

    /// <summary>The runner is asked to end it.</summary>
    Stopping,

    /// <summary>Gone; kept for the record.</summary>
    Gone,
}
