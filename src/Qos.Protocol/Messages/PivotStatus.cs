namespace Qos.Protocol;

/// <summary>The pivot as the node's status shows it. Ours, JSON only.</summary>
/// <param name="State">What it is doing.</param>
/// <param name="Restarts">How many times it was started again.</param>
/// <param name="LastExit">How it last ended, or null while it never has.</param>
public sealed record PivotStatus(PivotState State, uint Restarts, PivotExit? LastExit)
{
    /// <summary>The longest <see cref="Reason"/> in UTF-8 bytes.</summary>
    public const int MaxReasonBytes = 1024;

    /// <summary>The status before the pivot's first start.</summary>
    public static PivotStatus Waiting { get; } = new(PivotState.Waiting, 0, null);

    /// <summary>
    /// Why the last start did not succeed: one line, safe to show. Set for <see cref="PivotState.Failed"/>, and for
    /// <see cref="PivotState.Restarting"/> after a start that may succeed later; otherwise null.
    /// </summary>
    public string? Reason { get; init; }

    /// <summary>The enclave's half of the manifest's bridges, in the manifest's order; empty before they are opened.</summary>
    public IReadOnlyList<BridgeStatus> Bridges { get; init; } = [];
}
