using Qos.Serialization;

namespace Qos.Protocol;

/// <summary>Members and sets in JSON. Format: docs/protocol/manifest.md.</summary>
internal static class MemberJson
{
    internal static QuorumMember Read(ref QosJsonReader reader)
    {
        string? alias = null;
        byte[]? pubKey = null;
        reader.BeginObject();
        while (reader.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("alias"u8))
                alias = reader.ReadString(ProtocolLimits.MaxNameBytes);
            else if (name.SequenceEqual("pubKey"u8))
                pubKey = reader.ReadHex(ProtocolLimits.MaxKeyBytes);
            else
                throw JsonMembers.Unknown(ref reader, name);
        }

        return new QuorumMember(
            alias ?? throw JsonMembers.Missing(ref reader, "alias"),
            pubKey ?? throw JsonMembers.Missing(ref reader, "pubKey"));
    }

    internal static void Write(QosJsonWriter writer, QuorumMember member)
    {
        writer.BeginObject();
        writer.WritePropertyName("alias"u8);
        writer.WriteString(member.Alias);
        writer.WritePropertyName("pubKey"u8);
        writer.WriteHex(member.PubKey.Span);
        writer.EndObject();
    }

    internal static MemberSet ReadSet(ref QosJsonReader reader)
    {
        (uint threshold, List<QuorumMember> members) = ReadThresholdAndMembers(ref reader, Read);
        return new MemberSet(threshold, members);
    }

    internal static void WriteSet(QosJsonWriter writer, MemberSet set) =>
        WriteThresholdAndMembers(writer, set.Threshold, set.Members, Write);

    internal static PatchSet ReadPatchSet(ref QosJsonReader reader)
    {
        (uint threshold, List<ReadOnlyMemory<byte>> members) = ReadThresholdAndMembers(ref reader, ReadKey);
        return new PatchSet(threshold, members);
    }

    internal static void WritePatchSet(QosJsonWriter writer, PatchSet set) =>
        WriteThresholdAndMembers(writer, set.Threshold, set.Members, WriteKey);

    internal static GenesisSet ReadGenesisSet(ref QosJsonReader reader)
    {
        (uint threshold, List<QuorumMember> members) = ReadThresholdAndMembers(ref reader, Read);
        return new GenesisSet(members, threshold);
    }

    internal static void WriteGenesisSet(QosJsonWriter writer, GenesisSet set)
    {
        writer.BeginObject();
        writer.WritePropertyName("members"u8);
        JsonMembers.WriteList(writer, set.Members, Write);
        writer.WritePropertyName("threshold"u8);
        writer.WriteInteger((ulong)set.Threshold);
        writer.EndObject();
    }

    private static (uint Threshold, List<T> Members) ReadThresholdAndMembers<T>(ref QosJsonReader reader, JsonMembers.Reading<T> read)
    {
        uint? threshold = null;
        List<T>? members = null;
        reader.BeginObject();
        while (reader.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("threshold"u8))
                threshold = reader.ReadUInt32();
            else if (name.SequenceEqual("members"u8))
                members = JsonMembers.ReadList(ref reader, ProtocolLimits.MaxMembers, read);
            else
                throw JsonMembers.Unknown(ref reader, name);
        }

        return (threshold ?? throw JsonMembers.Missing(ref reader, "threshold"),
            members ?? throw JsonMembers.Missing(ref reader, "members"));
    }

    private static void WriteThresholdAndMembers<T>(
        QosJsonWriter writer, uint threshold, IReadOnlyList<T> members, Action<QosJsonWriter, T> write)
    {
        writer.BeginObject();
        writer.WritePropertyName("threshold"u8);
        writer.WriteInteger((ulong)threshold);
        writer.WritePropertyName("members"u8);
        JsonMembers.WriteList(writer, members, write);
        writer.EndObject();
    }

    private static ReadOnlyMemory<byte> ReadKey(ref QosJsonReader reader)
    {
        byte[]? pubKey = null;
        reader.BeginObject();
        while (reader.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("pubKey"u8))
                pubKey = reader.ReadHex(ProtocolLimits.MaxKeyBytes);
            else
                throw JsonMembers.Unknown(ref reader, name);
        }

        return pubKey ?? throw JsonMembers.Missing(ref reader, "pubKey");
    }

    private static void WriteKey(QosJsonWriter writer, ReadOnlyMemory<byte> key)
    {
        writer.BeginObject();
        writer.WritePropertyName("pubKey"u8);
        writer.WriteHex(key.Span);
        writer.EndObject();
    }
}
