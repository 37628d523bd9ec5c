using Qos.Serialization;

namespace Qos.Protocol;

/// <summary>Genesis output in JSON, as the answer carries it. Format: docs/protocol/messages.md, Genesis.</summary>
internal static class GenesisJson
{
    internal static GenesisOutput Read(ref QosJsonReader reader)
    {
        GenesisSet? set = null;
        byte[]? drKey = null;
        byte[]? quorumKey = null;
        List<GenesisMemberOutput>? members = null;
        List<IReadOnlyList<RecoveredMemberShard>>? permutations = null;
        byte[]? wrapped = null;
        byte[]? hash = null;
        byte[]? ciphertext = null;
        byte[]? signature = null;
        byte[]? message = null;
        reader.BeginObject();
        while (reader.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("set"u8))
                set = MemberJson.ReadGenesisSet(ref reader);
            else if (name.SequenceEqual("dr_key"u8))
                drKey = ReadOptionalHex(ref reader, ProtocolLimits.MaxKeyBytes);
            else if (name.SequenceEqual("quorum_key"u8))
                quorumKey = reader.ReadHex(ProtocolLimits.MaxKeyBytes);
            else if (name.SequenceEqual("member_outputs"u8))
                members = JsonMembers.ReadList(ref reader, ProtocolLimits.MaxMembers, ReadMemberOutput);
            else if (name.SequenceEqual("recovery_permutations"u8))
                permutations = JsonMembers.ReadList(ref reader, ProtocolLimits.MaxRecoveryPermutations, ReadPermutation);
            else if (name.SequenceEqual("dr_key_wrapped_quorum_key"u8))
                wrapped = ReadOptionalHex(ref reader, ProtocolLimits.MaxEncryptedBytes);
            else if (name.SequenceEqual("quorum_key_hash"u8))
                reader.ReadHex((hash = new byte[64]).AsSpan());
            else if (name.SequenceEqual("test_message_ciphertext"u8))
                ciphertext = reader.ReadHex(ProtocolLimits.MaxEncryptedBytes);
            else if (name.SequenceEqual("test_message_signature"u8))
                signature = reader.ReadHex(ProtocolLimits.MaxSignatureBytes);
            else if (name.SequenceEqual("test_message"u8))
                message = reader.ReadHex(ProtocolLimits.MaxEncryptedBytes);
            else
                throw JsonMembers.Unknown(ref reader, name);
        }

        return new GenesisOutput
        {
            Set = set ?? throw JsonMembers.Missing(ref reader, "set"),
            DrKey = drKey.AsOptional(),
            QuorumKey = quorumKey ?? throw JsonMembers.Missing(ref reader, "quorum_key"),
            MemberOutputs = members ?? throw JsonMembers.Missing(ref reader, "member_outputs"),
            RecoveryPermutations = permutations ?? throw JsonMembers.Missing(ref reader, "recovery_permutations"),
            DrKeyWrappedQuorumKey = wrapped.AsOptional(),
            QuorumKeyHash = hash ?? throw JsonMembers.Missing(ref reader, "quorum_key_hash"),
            TestMessageCiphertext = ciphertext ?? throw JsonMembers.Missing(ref reader, "test_message_ciphertext"),
            TestMessageSignature = signature ?? throw JsonMembers.Missing(ref reader, "test_message_signature"),
            TestMessage = message ?? throw JsonMembers.Missing(ref reader, "test_message"),
        };
    }

    internal static void Write(QosJsonWriter writer, GenesisOutput output)
    {
        writer.BeginObject();
        writer.WritePropertyName("set"u8);
        MemberJson.WriteGenesisSet(writer, output.Set);
        WriteOptionalHex(writer, "dr_key"u8, output.DrKey);
        writer.WritePropertyName("quorum_key"u8);
        writer.WriteHex(output.QuorumKey.Span);
        writer.WritePropertyName("member_outputs"u8);
        JsonMembers.WriteList(writer, output.MemberOutputs, WriteMemberOutput);
        writer.WritePropertyName("recovery_permutations"u8);
        JsonMembers.WriteList(writer, output.RecoveryPermutations, static (writer, shards) => JsonMembers.WriteList(writer, shards, WriteShard));
        WriteOptionalHex(writer, "dr_key_wrapped_quorum_key"u8, output.DrKeyWrappedQuorumKey);
        writer.WritePropertyName("quorum_key_hash"u8);
        writer.WriteHex(output.QuorumKeyHash.Span);
        writer.WritePropertyName("test_message_ciphertext"u8);
        writer.WriteHex(output.TestMessageCiphertext.Span);
        writer.WritePropertyName("test_message_signature"u8);
        writer.WriteHex(output.TestMessageSignature.Span);
        writer.WritePropertyName("test_message"u8);
        writer.WriteHex(output.TestMessage.Span);
        writer.EndObject();
    }

    internal static byte[]? ReadOptionalHex(ref QosJsonReader reader, int max) => reader.TryReadNull() ? null : reader.ReadHex(max);

    private static void WriteOptionalHex(QosJsonWriter writer, ReadOnlySpan<byte> name, ReadOnlyMemory<byte>? bytes)
    {
        if (bytes is not { } value)
            return;
        writer.WritePropertyName(name);
        writer.WriteHex(value.Span);
    }

    private static GenesisMemberOutput ReadMemberOutput(ref QosJsonReader reader)
    {
        QuorumMember? member = null;
        byte[]? share = null;
        byte[]? hash = null;
        reader.BeginObject();
        while (reader.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("shareSetMember"u8))
                member = MemberJson.Read(ref reader);
            else if (name.SequenceEqual("encryptedQuorumKeyShare"u8))
                share = reader.ReadHex(ProtocolLimits.MaxEncryptedBytes);
            else if (name.SequenceEqual("shareHash"u8))
                reader.ReadHex((hash = new byte[64]).AsSpan());
            else
                throw JsonMembers.Unknown(ref reader, name);
        }

        return new GenesisMemberOutput(
            member ?? throw JsonMembers.Missing(ref reader, "shareSetMember"),
            share ?? throw JsonMembers.Missing(ref reader, "encryptedQuorumKeyShare"),
            hash ?? throw JsonMembers.Missing(ref reader, "shareHash"));
    }

    private static void WriteMemberOutput(QosJsonWriter writer, GenesisMemberOutput output)
    {
        writer.BeginObject();
        writer.WritePropertyName("shareSetMember"u8);
        MemberJson.Write(writer, output.ShareSetMember);
        writer.WritePropertyName("encryptedQuorumKeyShare"u8);
        writer.WriteHex(output.EncryptedQuorumKeyShare.Span);
        writer.WritePropertyName("shareHash"u8);
        writer.WriteHex(output.ShareHash.Span);
        writer.EndObject();
    }

    private static IReadOnlyList<RecoveredMemberShard> ReadPermutation(ref QosJsonReader reader) =>
        JsonMembers.ReadList(ref reader, ProtocolLimits.MaxMembers, ReadShard);

    private static RecoveredMemberShard ReadShard(ref QosJsonReader reader)
    {
        QuorumMember? member = null;
        byte[]? shard = null;
        reader.BeginObject();
        while (reader.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("member"u8))
                member = MemberJson.Read(ref reader);
            else if (name.SequenceEqual("shard"u8))
                shard = reader.ReadHex(ProtocolLimits.MaxEncryptedBytes);
            else
                throw JsonMembers.Unknown(ref reader, name);
        }

        return new RecoveredMemberShard(
            member ?? throw JsonMembers.Missing(ref reader, "member"),
            shard ?? throw JsonMembers.Missing(ref reader, "shard"));
    }

    private static void WriteShard(QosJsonWriter writer, RecoveredMemberShard shard)
    {
        writer.BeginObject();
        writer.WritePropertyName("member"u8);
        MemberJson.Write(writer, shard.Member);
        writer.WritePropertyName("shard"u8);
        writer.WriteHex(shard.Shard.Span);
        writer.EndObject();
    }
}
