namespace Qos.Verify;

/// <summary>Everything that was checked, in order. Specification: proofs, Verification.</summary>
/// <param name="Checks">The checks; a failure does not hide the ones after it.</param>
/// <param name="RootSha256">SHA-256 of the trust anchor's DER, hex.</param>
/// <param name="IsAwsRoot">Whether the trust anchor is AWS's. With any other the result holds for whoever trusts that one.</param>
/// <param name="TimeChoice">How the validation time was chosen.</param>
/// <param name="Time">The validation time; null when there was no document to take it from.</param>
public sealed record VerificationResult(
    IReadOnlyList<Check> Checks,
    string RootSha256,
    bool IsAwsRoot,
    ValidationTime TimeChoice,
    DateTimeOffset? Time)
{
    /// <summary>Whether nothing failed and nothing that had to be checked was left out.</summary>
    public bool IsValid => Checks.Count > 0 && Checks.All(check => check.Outcome is not (CheckOutcome.Failed or CheckOutcome.NotRun));

    /// <summary>The checks that failed.</summary>
    public IEnumerable<Check> Failures => Checks.Where(check => check.Outcome == CheckOutcome.Failed);
}
