namespace Qos.Client;

/// <summary>What an audit found at one step.</summary>
/// <param name="Outcome">Whether it is as it must be.</param>
/// <param name="Text">One line, not yet safe to show.</param>
public sealed record HistoryFinding(HistoryOutcome Outcome, string Text);
