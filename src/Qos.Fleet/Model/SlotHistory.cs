namespace Qos.Fleet;

/// <summary>What became of a slot's last replica.</summary>
/// <param name="Failures">How many in a row failed before they had served for a while.</param>
/// <param name="EndedAt">When the last one was found ended.</param>
public sealed record SlotHistory(int Failures, DateTimeOffset EndedAt);
