namespace Qos.Bench;

/// <summary>One line of the table.</summary>
/// <param name="Measure">What was measured.</param>
/// <param name="Ours">Our number, with its unit; empty for what was skipped, of which the table says neither yes nor no.</param>
/// <param name="Other">What it is compared with; empty when a bound is absolute.</param>
/// <param name="Ratio">Ours divided by the other, or empty.</param>
/// <param name="Target">What is asked for.</param>
/// <param name="Met">Whether it is met.</param>
internal sealed record BenchRow(string Measure, string Ours, string Other, string Ratio, string Target, bool Met);
