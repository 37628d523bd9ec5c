namespace Qos.Fleet.Storage;

/// <summary>Which activities a list has.</summary>
/// <param name="Statuses">Of these statuses; all when empty.</param>
/// <param name="Types">Of these types; all when empty.</param>
/// <param name="Before">Only what is older than this activity.</param>
/// <param name="After">Only what is newer than this activity.</param>
/// <param name="Limit">At most so many.</param>
public sealed record ActivityFilter(IReadOnlyList<string> Statuses, IReadOnlyList<string> Types, string? Before, string? After, int Limit);
