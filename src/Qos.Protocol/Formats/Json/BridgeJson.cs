using Qos.Serialization;

namespace Qos.Protocol;

/// <summary>A bridged port in JSON, tagged inside by <c>type</c>. Format: docs/protocol/manifest.md.</summary>
internal static class BridgeJson
{
    internal static BridgeConfig Read(ref QosJsonReader reader)
    {
        string? type = null;
        ushort? port = null;
        string? host = null;
        reader.BeginObject();
        while (reader.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("type"u8))
                type = reader.ReadString(16);
            else if (name.SequenceEqual("port"u8))
                port = reader.ReadUInt16();
            else if (name.SequenceEqual("host"u8))
                host = reader.TryReadNull() ? null : reader.ReadString(ProtocolLimits.MaxNameBytes);
            else
                throw JsonMembers.Unknown(ref reader, name);
        }

        ushort number = port ?? throw JsonMembers.Missing(ref reader, "port");
        return type switch
        {
            "server" => new BridgeConfig.Server(number, host ?? throw JsonMembers.Missing(ref reader, "host")),
            "client" => new BridgeConfig.Client(number, host),
            null => throw JsonMembers.Missing(ref reader, "type"),
            _ => throw reader.Error("a bridge's type must be \"server\" or \"client\""),
        };
    }

    internal static void Write(QosJsonWriter writer, BridgeConfig bridge)
    {
        writer.BeginObject();
        writer.WritePropertyName("type"u8);
        writer.WriteString(bridge is BridgeConfig.Server ? "server" : "client");
        writer.WritePropertyName("port"u8);
        writer.WriteInteger((ulong)bridge.Port);
        string? host = bridge is BridgeConfig.Server server ? server.Host : ((BridgeConfig.Client)bridge).Host;
        if (host is not null)
        {
            writer.WritePropertyName("host"u8);
            writer.WriteString(host);
        }

        writer.EndObject();
    }
}
