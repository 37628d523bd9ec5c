using Qos.Protocol;

namespace Qos.Runtime;

/// <summary>How the supervision of a pivot ended.</summary>
/// <param name="End">Why it ended.</param>
/// <param name="LastExit">How the pivot last ended, or null when it never ran.</param>
internal sealed record PivotOutcome(PivotEnd End, PivotExit? LastExit)
{
    /// <summary>
    /// The exit code of a program that ends with its pivot: 0 when the pivot's was 0 or the end was asked for, the pivot's own code
    /// otherwise, 128 plus the signal's number after a signal (as shells have it), 1 when it could not be started.
    /// </summary>
    public int ExitCode => End switch
    {
        PivotEnd.Stopped => 0,
        PivotEnd.Failed => 1,
        _ => LastExit is { Signal: { } signal } ? 128 + signal : LastExit?.Code ?? 0,
    };
}

/// <summary>Why a supervisor came to its end.</summary>
internal enum PivotEnd
{
    /// <summary>The pivot ended by itself and its restart policy is <c>Never</c>.</summary>
    Exited,

    /// <summary>The pivot cannot be started, now or later.</summary>
    Failed,

    /// <summary>The supervisor was asked to stop.</summary>
    Stopped,
}
