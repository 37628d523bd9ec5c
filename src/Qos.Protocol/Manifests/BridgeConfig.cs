namespace Qos.Protocol;

/// <summary>One bridged port of the pivot. Format: docs/protocol/manifest.md.</summary>
/// <param name="Port">The TCP port, the same on the host's and on the pivot's side.</param>
public abstract record BridgeConfig(ushort Port)
{
    /// <summary>Connections go into the enclave. Borsh index 0.</summary>
    /// <param name="Port">The TCP port, the same on the host's and on the pivot's side.</param>
    /// <param name="Host">The address that the host listens on, <c>0.0.0.0</c> for any.</param>
    public sealed record Server(ushort Port, string Host) : BridgeConfig(Port);

    /// <summary>Connections go out of the enclave. Borsh index 1.</summary>
    /// <param name="Port">The port that the pivot connects to.</param>
    /// <param name="Host">Where the host connects to, or null for a host that lets the pivot choose, as <c>qos-host</c> does not.</param>
    public sealed record Client(ushort Port, string? Host) : BridgeConfig(Port);
}
