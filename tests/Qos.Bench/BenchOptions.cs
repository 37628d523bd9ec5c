namespace Qos.Bench;

/// <summary>How long to measure.</summary>
/// <param name="Rounds">How often ours and the other take turns; the median counts.</param>
/// <param name="Seconds">How long one measurement lasts.</param>
internal sealed record BenchOptions(int Rounds, double Seconds);
