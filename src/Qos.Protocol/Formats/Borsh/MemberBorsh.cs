using Qos.Serialization;

namespace Qos.Protocol;

/// <summary>Members, sets and approvals in Borsh. Format: docs/protocol/manifest.md, V1 and V0.</summary>
internal static class MemberBorsh
{
    // Two vectors, each at least its count.
    private const int LeastMemberSize = 8;

    internal static QuorumMember Read(ref BorshReader reader) =>
        new(reader.ReadString(ProtocolLimits.MaxNameBytes), reader.ReadBytes(ProtocolLimits.MaxKeyBytes));

    internal static void Write(BorshWriter writer, QuorumMember member)
    {
        writer.WriteString(member.Alias);
        writer.WriteBytes(member.PubKey.Span);
    }

    internal static MemberSet ReadSet(ref BorshReader reader) =>
        new(reader.ReadUInt32(), BorshLists.Read(ref reader, ProtocolLimits.MaxMembers, LeastMemberSize, Read));

    internal static void WriteSet(BorshWriter writer, MemberSet set)
    {
        writer.WriteUInt32(set.Threshold);
        BorshLists.Write(writer, set.Members, Write);
    }

    internal static PatchSet ReadPatchSet(ref BorshReader reader) =>
        new(reader.ReadUInt32(), BorshLists.Read(ref reader, ProtocolLimits.MaxMembers, 4, ReadKey));

    internal static void WritePatchSet(BorshWriter writer, PatchSet set)
    {
        writer.WriteUInt32(set.Threshold);
        BorshLists.Write(writer, set.Members, static (writer, key) => writer.WriteBytes(key.Span));
    }

    internal static GenesisSet ReadGenesisSet(ref BorshReader reader) =>
        new(BorshLists.Read(ref reader, ProtocolLimits.MaxMembers, LeastMemberSize, Read), reader.ReadUInt32());

    internal static void WriteGenesisSet(BorshWriter writer, GenesisSet set)
    {
        BorshLists.Write(writer, set.Members, Write);
        writer.WriteUInt32(set.Threshold);
    }

    internal static Approval ReadApproval(ref BorshReader reader) =>
        new(reader.ReadBytes(ProtocolLimits.MaxSignatureBytes), Read(ref reader));

    internal static void WriteApproval(BorshWriter writer, Approval approval)
    {
        writer.WriteBytes(approval.Signature.Span);
        Write(writer, approval.Member);
    }

    internal static List<Approval> ReadApprovals(ref BorshReader reader) =>
        BorshLists.Read(ref reader, ProtocolLimits.MaxApprovals, LeastMemberSize + 4, ReadApproval);

    internal static void WriteApprovals(BorshWriter writer, IReadOnlyList<Approval> approvals) =>
        BorshLists.Write(writer, approvals, WriteApproval);

    private static ReadOnlyMemory<byte> ReadKey(ref BorshReader reader) => reader.ReadBytes(ProtocolLimits.MaxKeyBytes);
}
