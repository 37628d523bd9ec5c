namespace Qos.Verify;

/// <summary>Everything that was checked, in order, and what it proves.</summary>
public sealed record VerificationResult
{
    /// <summary>The checks; a failure does not hide the ones after it.</summary>
    public required IReadOnlyList<Check> Checks { get; init; }

    /// <summary>SHA-256 of the trust anchor's DER, hex.</summary>
    public required string RootSha256 { get; init; }

    /// <summary>Whether the trust anchor is AWS's. With any other the result holds for whoever trusts that one.</summary>
    public required bool IsAwsRoot { get; init; }

    /// <summary>How the validation time was chosen.</summary>
    public required ValidationTime TimeChoice { get; init; }

    /// <summary>The validation time; null when there was no document to take it from.</summary>
    public DateTimeOffset? Time { get; init; }

    /// <summary>What was proven; null when the result is not valid.</summary>
    public ProvenFacts? Proven { get; init; }

    /// <summary>Whether nothing failed and nothing that had to be checked was left out.</summary>
    public bool IsValid => AreValid(Checks);

    /// <summary>The checks that failed.</summary>
    public IEnumerable<Check> Failures => Checks.Where(static check => check.Outcome == CheckOutcome.Failed);

    /// <summary>The checks that do not hold and were waived.</summary>
    public IEnumerable<Check> Waivers => Checks.Where(static check => check.Outcome == CheckOutcome.Waived);

    /// <summary>The result for machines, one line of JSON in UTF-8; docs/verify.md has the shape.</summary>
    public byte[] ToJson() => ResultJson.Write(this);

    /// <summary>The result for people: the checks, what was proven, the verdict. Text from outside is escaped.</summary>
    public string ToText() => ResultText.Write(this);

    internal static bool AreValid(IReadOnlyList<Check> checks) =>
        checks.Count > 0 && checks.All(static check => check.Outcome is not (CheckOutcome.Failed or CheckOutcome.NotRun));
}
