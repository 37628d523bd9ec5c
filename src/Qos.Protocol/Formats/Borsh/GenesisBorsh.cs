using Qos.Serialization;

namespace Qos.Protocol;

/// <summary>Genesis output in Borsh: how it is stored and hashed. Format: docs/protocol/messages.md, Genesis.</summary>
internal static class GenesisBorsh
{
    private const int HashSize = 64;

    // Three counts and a hash; a permutation is at least its count.
    private const int LeastMemberOutputSize = 12 + HashSize;

    internal static GenesisOutput Read(ref BorshReader reader) => new()
    {
        Set = MemberBorsh.ReadGenesisSet(ref reader),
        DrKey = BorshLists.ReadOptionalBytes(ref reader, ProtocolLimits.MaxKeyBytes),
        QuorumKey = reader.ReadBytes(ProtocolLimits.MaxKeyBytes),
        MemberOutputs = BorshLists.Read(ref reader, ProtocolLimits.MaxMembers, LeastMemberOutputSize, ReadMemberOutput),
        RecoveryPermutations = ReadPermutations(ref reader),
        DrKeyWrappedQuorumKey = BorshLists.ReadOptionalBytes(ref reader, ProtocolLimits.MaxEncryptedBytes),
        QuorumKeyHash = reader.ReadFixed(HashSize).ToArray(),
        TestMessageCiphertext = reader.ReadBytes(ProtocolLimits.MaxEncryptedBytes),
        TestMessageSignature = reader.ReadBytes(ProtocolLimits.MaxSignatureBytes),
        TestMessage = reader.ReadBytes(ProtocolLimits.MaxEncryptedBytes),
    };

    internal static void Write(BorshWriter writer, GenesisOutput output)
    {
        MemberBorsh.WriteGenesisSet(writer, output.Set);
        BorshLists.WriteOptionalBytes(writer, output.DrKey);
        writer.WriteBytes(output.QuorumKey.Span);
        BorshLists.Write(writer, output.MemberOutputs, WriteMemberOutput);
        BorshLists.Write(writer, output.RecoveryPermutations, WritePermutation);
        BorshLists.WriteOptionalBytes(writer, output.DrKeyWrappedQuorumKey);
        writer.WriteFixed(output.QuorumKeyHash.Span);
        writer.WriteBytes(output.TestMessageCiphertext.Span);
        writer.WriteBytes(output.TestMessageSignature.Span);
        writer.WriteBytes(output.TestMessage.Span);
    }

    internal static GenesisMemberOutput ReadMemberOutput(ref BorshReader reader) => new(
        MemberBorsh.Read(ref reader),
        reader.ReadBytes(ProtocolLimits.MaxEncryptedBytes),
        reader.ReadFixed(HashSize).ToArray());

    internal static IReadOnlyList<IReadOnlyList<RecoveredMemberShard>> ReadPermutations(ref BorshReader reader) =>
        BorshLists.Read(ref reader, ProtocolLimits.MaxRecoveryPermutations, 4, ReadPermutation);

    private static void WriteMemberOutput(BorshWriter writer, GenesisMemberOutput output)
    {
        MemberBorsh.Write(writer, output.ShareSetMember);
        writer.WriteBytes(output.EncryptedQuorumKeyShare.Span);
        writer.WriteFixed(output.ShareHash.Span);
    }

    private static IReadOnlyList<RecoveredMemberShard> ReadPermutation(ref BorshReader reader) =>
        BorshLists.Read(ref reader, ProtocolLimits.MaxMembers, 12, ReadShard);

    private static void WritePermutation(BorshWriter writer, IReadOnlyList<RecoveredMemberShard> shards) =>
        BorshLists.Write(writer, shards, WriteShard);

    private static RecoveredMemberShard ReadShard(ref BorshReader reader) =>
        new(MemberBorsh.Read(ref reader), reader.ReadBytes(ProtocolLimits.MaxEncryptedBytes));

    private static void WriteShard(BorshWriter writer, RecoveredMemberShard shard)
    {
        MemberBorsh.Write(writer, shard.Member);
        writer.WriteBytes(shard.Shard.Span);
    }
}
