namespace Qos.Protocol;

/// <summary>The pivot as the node's status shows it. Ours, JSON only.</summary>
/// <param name="State">What it is doing.</param>
/// <param name="Restarts">How many times it was started again.</param>
/// <param name="LastExit">How it last ended, or null while it never has.</param>
public sealed record PivotStatus(PivotState State, uint Restarts, PivotExit? LastExit)
{
    /// <summary>The status before the pivot's first start.</summary>
    public static PivotStatus Waiting { get; } = new(PivotState.Waiting, 0, null);
}
