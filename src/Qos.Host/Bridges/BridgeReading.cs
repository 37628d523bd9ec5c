namespace Qos.Host.Bridges;

/// <summary>What one bridge has carried up to now.</summary>
/// <param name="Port">The manifest's port.</param>
/// <param name="Open">Connections open now.</param>
/// <param name="Total">Connections accepted since the start.</param>
/// <param name="Refused">Connections that could not be carried since the start.</param>
/// <param name="BytesIn">Bytes towards the enclave since the start.</param>
/// <param name="BytesOut">Bytes from the enclave since the start.</param>
internal readonly record struct BridgeReading(ushort Port, long Open, long Total, long Refused, long BytesIn, long BytesOut);
