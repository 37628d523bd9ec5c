namespace Qos.Verify;

/// <summary>One check of a verification, with the values that were compared. Format: docs/protocol/proofs.md, Verification.</summary>
/// <param name="Name">Its name, one of <see cref="CheckNames"/>, the same in every release.</param>
/// <param name="Outcome">What it came to.</param>
/// <param name="Expected">What had to be there, where that is a value; bytes in hex.</param>
/// <param name="Actual">What was there; bytes in hex.</param>
/// <param name="Detail">One line more about it, or null.</param>
public sealed record Check(string Name, CheckOutcome Outcome, string? Expected = null, string? Actual = null, string? Detail = null);
