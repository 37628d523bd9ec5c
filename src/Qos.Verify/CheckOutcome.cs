namespace Qos.Verify;

/// <summary>What a check came to.</summary>
public enum CheckOutcome
{
    /// <summary>It was made and holds.</summary>
    Passed,

    /// <summary>It was made and does not hold.</summary>
    Failed,

    /// <summary>An earlier failure left nothing to compare; the proof is refused all the same.</summary>
    NotRun,

    /// <summary>It does not hold, and the verifier had asked to accept that.</summary>
    Waived,

    /// <summary>The verifier gave nothing to compare with, so nothing is said about it.</summary>
    NotAsked,
}
