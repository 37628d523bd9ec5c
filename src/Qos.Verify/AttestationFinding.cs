using Qos.Nsm;

namespace Qos.Verify;

/// <summary>What one step of a document's verification found.</summary>
/// <param name="Step">The step.</param>
/// <param name="WasRun">False when an earlier step's failure left nothing to look at.</param>
/// <param name="Failure">Why it failed; null when it passed or was not run.</param>
public sealed record AttestationFinding(AttestationStep Step, bool WasRun, AttestationException? Failure)
{
    /// <summary>Whether the step was run and found nothing wrong.</summary>
    public bool Passed => WasRun && Failure is null;
}
