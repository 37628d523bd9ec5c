namespace Qos.Protocol;

/// <summary>The enclave's half of one bridge as the node's status shows it. Ours, JSON only.</summary>
/// <param name="IsServer">Whether connections go into the enclave (<c>server</c>) or out of it (<c>client</c>).</param>
/// <param name="Port">The manifest's port.</param>
/// <param name="Problem">Why it is not open: one line, safe to show; null when it is open.</param>
public sealed record BridgeStatus(bool IsServer, ushort Port, string? Problem);
