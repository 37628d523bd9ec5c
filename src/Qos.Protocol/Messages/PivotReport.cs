namespace Qos.Protocol;

/// <summary>The pivot's state, as <c>nodeStatusResponse</c> carries it. Ours, JSON only.</summary>
/// <param name="State">What it is doing.</param>
/// <param name="Restarts">How often it was started again.</param>
/// <param name="ExitCode">The code it last exited with, 0 to 255; null when it never ended or a signal ended it.</param>
/// <param name="ExitSignal">The signal that last ended it; null when it never ended or exited by itself.</param>
public sealed record PivotReport(PivotActivity State, uint Restarts, int? ExitCode = null, int? ExitSignal = null);
