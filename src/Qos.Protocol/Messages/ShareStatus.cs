namespace Qos.Protocol;

/// <summary>How far provisioning has come. Ours, JSON only.</summary>
/// <param name="Threshold">How many shares are needed.</param>
/// <param name="Received">The aliases of those whose share is in.</param>
/// <param name="Missing">The aliases of the others.</param>
public sealed record ShareStatus(uint Threshold, IReadOnlyList<string> Received, IReadOnlyList<string> Missing);
