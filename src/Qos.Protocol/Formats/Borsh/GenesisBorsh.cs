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
        QuorumKey = reader.Bytes(ProtocolLimits.MaxKeyBytes),
        MemberOutputs = BorshLists.Read(ref reader, ProtocolLimits.MaxMembers, LeastMemberOutputSize, ReadMemberOutput),
        RecoveryPermutations = ReadPermutations(ref reader),
        DrKeyWrappedQuorumKey = BorshLists.ReadOptionalBytes(ref reader, ProtocolLimits.MaxEncryptedBytes),
        QuorumKeyHash = reader.Fixed(HashSize).ToArray(),
        TestMessageCiphertext = reader.Bytes(ProtocolLimits.MaxEncryptedBytes),
        TestMessageSignature = reader.Bytes(ProtocolLimits.MaxSignatureBytes),
        TestMessage = reader.Bytes(ProtocolLimits.MaxEncryptedBytes),
    };

    internal static void Write(BorshWriter writer, GenesisOutput output)
    {
        MemberBorsh.WriteGenesisSet(writer, output.Set);
        BorshLists.WriteOptionalBytes(writer, output.DrKey);
        writer.Bytes(output.QuorumKey.Span);
        BorshLists.Write(writer, output.MemberOutputs, WriteMemberOutput);
        BorshLists.Write(writer, output.RecoveryPermutations, WritePermutation);
        BorshLists.WriteOptionalBytes(writer, output.DrKeyWrappedQuorumKey);
        writer.Fixed(output.QuorumKeyHash.Span);
        writer.Bytes(output.TestMessageCiphertext.Span);
        writer.Bytes(output.TestMessageSignature.Span);
        writer.Bytes(output.TestMessage.Span);
    }

    internal static GenesisMemberOutput ReadMemberOutput(ref BorshReader reader) => new(
        MemberBorsh.Read(ref reader),
        reader.Bytes(ProtocolLimits.MaxEncryptedBytes),
        reader.Fixed(HashSize).ToArray());

    internal static IReadOnlyList<IReadOnlyList<RecoveredMemberShard>> ReadPermutations(ref BorshReader reader) =>
        BorshLists.Read(ref reader, ProtocolLimits.MaxRecoveryPermutations, 4, ReadPermutation);

    private static void WriteMemberOutput(BorshWriter writer, GenesisMemberOutput output)
    {
        MemberBorsh.Write(writer, output.ShareSetMember);
        writer.Bytes(output.EncryptedQuorumKeyShare.Span);
        writer.Fixed(output.ShareHash.Span);
    }

    private static IReadOnlyList<RecoveredMemberShard> ReadPermutation(ref BorshReader reader) =>
        BorshLists.Read(ref reader, ProtocolLimits.MaxMembers, 12, ReadShard);

    private static void WritePermutation(BorshWriter writer, IReadOnlyList<RecoveredMemberShard> shards) =>
        BorshLists.Write(writer, shards, WriteShard);

    private static RecoveredMemberShard ReadShard(ref BorshReader reader) =>
        new(MemberBorsh.Read(ref reader), reader.Bytes(ProtocolLimits.MaxEncryptedBytes));

    private static void WriteShard(BorshWriter writer, RecoveredMemberShard shard)
    {
        MemberBorsh.Write(writer, shard.Member);
        writer.Bytes(shard.Shard.Span);
    }
}
