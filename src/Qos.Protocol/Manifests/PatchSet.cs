namespace Qos.Protocol;

/// <summary>A set that V0 and V1 carry and nothing uses; it is part of their hash. Format: docs/protocol/manifest.md.</summary>
/// <param name="Threshold">How many members would have to act.</param>
/// <param name="Members">The members' public keys.</param>
public sealed record PatchSet(uint Threshold, IReadOnlyList<ReadOnlyMemory<byte>> Members);
