namespace Qos.Client;

/// <summary>One step of a key's history.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Source">The file or folder that it was read from.</param>
/// <param name="Summary">What it did, in one line, not yet safe to show.</param>
/// <param name="Time">When, by the module's clock; null for a manifest, which no module attests.</param>
/// <param name="Findings">What was compared.</param>
public sealed record HistoryStep(HistoryStepKind Kind, string Source, string Summary, DateTimeOffset? Time, IReadOnlyList<HistoryFinding> Findings);
