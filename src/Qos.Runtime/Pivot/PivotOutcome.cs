using Qos.Protocol;

namespace Qos.Runtime;

/// <summary>How the supervision of a pivot ended.</summary>
/// <param name="End">Why it ended.</param>
/// <param name="LastExit">How the pivot last ended, or null when it never ran.</param>
public sealed record PivotOutcome(PivotEnd End, PivotExit? LastExit)
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
