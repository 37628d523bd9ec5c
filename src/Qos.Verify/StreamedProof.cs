namespace Qos.Verify;

/// <summary>What became of one proof of a stream.</summary>
/// <param name="Number">Which one it is, from 1.</param>
/// <param name="Line">The line on which it begins, from 1.</param>
/// <param name="IsInArray">Whether the stream is one JSON array.</param>
/// <param name="Proof">What was read, nothing of it proven unless the result is valid; null when it could not be read.</param>
/// <param name="Result">Its result; null when there was nothing to verify.</param>
/// <param name="Problem">Why there was nothing to verify, to be read behind the name of what holds the proof; null when there was.</param>
public sealed record StreamedProof(long Number, long Line, bool IsInArray, PublishedProof? Proof, VerificationResult? Result, string? Problem)
{
    /// <summary>Whether it was verified and is valid.</summary>
    public bool IsValid => Result is { IsValid: true };

    /// <summary>The result for machines: as a single one's, with <c>"proof"</c> and <c>"line"</c> before it; <c>"problem"</c> where there was nothing to verify.</summary>
    public byte[] ToJson() => ResultJson.Write(this);
}
