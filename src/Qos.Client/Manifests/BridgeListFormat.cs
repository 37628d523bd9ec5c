using Qos.Protocol;
using Qos.Serialization;

namespace Qos.Client;

/// <summary>A list of bridged ports by itself, as a manifest's JSON has it and as command lines take it. Format: docs/protocol/manifest.md.</summary>
public static class BridgeListFormat
{
    /// <summary>Reads it.</summary>
    /// <param name="json">The whole text, UTF-8.</param>
    /// <exception cref="EncodingException">It is no such list, or there is more after it.</exception>
    public static IReadOnlyList<BridgeConfig> Decode(ReadOnlySpan<byte> json)
    {
        var reader = new QosJsonReader(json);
        List<BridgeConfig> bridges = JsonMembers.ReadList(ref reader, ProtocolLimits.MaxBridges, BridgeJson.Read);
        reader.End();
        return bridges;
    }
}
