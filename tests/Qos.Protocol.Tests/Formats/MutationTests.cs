using System.Text;
using Qos.Client;
using Qos.Serialization;
using Qos.Vectors;

namespace Qos.Protocol.Tests;

/// <summary>Hostile bytes: only the two exceptions of ours come out, and what is read is written back without a fault.</summary>
public sealed class MutationTests
{
    private const int RoundsPerInput = 150;

    [Fact]
    public void Mutated_messages_are_read_or_refused()
    {
        for (int seed = 0; seed < 60; seed++)
        {
            var generator = new ModelGenerator(seed);
            byte[] borsh = MessageCodec.Encode(generator.Message(old: true), WireEncoding.Borsh);
            byte[] json = MessageCodec.Encode(generator.Message(old: false), WireEncoding.Json);
            Mutate(seed, borsh, DecodeMessage);
            Mutate(seed, json, DecodeMessage);
        }
    }

    [Theory]
    [InlineData("golden/manifest_envelope_v1.json")]
    [InlineData("golden/manifest_envelope_v1.borsh")]
    [InlineData("tvc/manifest_envelope.borsh")]
    public void Mutated_envelopes_are_read_or_refused(string file)
    {
        for (int seed = 0; seed < 5; seed++)
        {
            Mutate(seed, VectorFiles.Bytes(["qos", .. file.Split('/')]), static bytes =>
                ManifestEnvelopeFormat.Write(ManifestEnvelopeFormat.Read(bytes)));
        }
    }

    [Theory]
    [InlineData("golden/manifest_v1.json")]
    [InlineData("golden/manifest_v0.json")]
    [InlineData("golden/manifest_v1.borsh")]
    [InlineData("old_manifest")]
    [InlineData("tvc/manifest.json")]
    public void Mutated_manifests_are_read_or_refused(string file)
    {
        for (int seed = 0; seed < 5; seed++)
        {
            Mutate(seed, VectorFiles.Bytes(["qos", .. file.Split('/')]), static bytes =>
            {
                Manifest manifest = ManifestFormat.Read(bytes);
                Assert.Equal(Convert.ToHexString(manifest.Hash()), Convert.ToHexString(ManifestFormat.Read(ManifestFormat.Write(manifest)).Hash()));
            });
        }
    }

    [Fact]
    public void Mutated_approvals_are_read_or_refused()
    {
        for (int seed = 0; seed < 5; seed++)
        {
            Mutate(seed, VectorFiles.Bytes("qos", "golden", "approval.json"), static bytes =>
            {
                Approval approval = ApprovalFormat.Read(bytes);
                Assert.Equal(approval, ApprovalFormat.Read(ApprovalFormat.Write(approval)));
            });
        }
    }

    [Fact]
    public void Mutated_genesis_outputs_are_read_or_refused()
    {
        byte[] stored = VectorFiles.Bytes("qos", "integration-mock", "boot-e2e", "genesis-dir", "genesis_output");
        for (int seed = 0; seed < 5; seed++)
        {
            Mutate(seed, stored, static bytes =>
                Assert.Equal(Convert.ToHexString(bytes), Convert.ToHexString(GenesisOutputFormat.Write(GenesisOutputFormat.Read(bytes)))));
        }
    }

    [Fact]
    public void Every_truncation_is_refused()
    {
        byte[] borsh = VectorFiles.Bytes("qos", "golden", "manifest_v1.borsh");
        byte[] json = VectorFiles.Bytes("qos", "golden", "manifest_v1.json");
        for (int length = 0; length < borsh.Length; length++)
            Assert.Throws<EncodingException>(() => ManifestFormat.Read(borsh.AsSpan(0, length)));
        for (int length = 0; length < json.Length; length++)
            Assert.Throws<EncodingException>(() => ManifestFormat.Read(json.AsSpan(0, length)));
    }

    [Fact]
    public void Trailing_bytes_are_refused()
    {
        byte[] borsh = VectorFiles.Bytes("qos", "golden", "manifest_v1.borsh");
        byte[] json = VectorFiles.Bytes("qos", "golden", "manifest_v1.json");
        Assert.Throws<EncodingException>(() => ManifestFormat.Read([.. borsh, 0]));
        Assert.Throws<EncodingException>(() => ManifestFormat.Read([.. json, (byte)'1']));
        Assert.Equal(ProtocolErrorCode.ProtocolMsgDeserialization, Sample.Refused(() => MessageCodec.Decode([1, 0])));
        Assert.Equal(ProtocolErrorCode.ProtocolMsgDeserialization, Sample.Refused(() => MessageCodec.Decode("\"statusRequest\" 1"u8)));
    }

    [Fact]
    public void Announced_counts_cost_nothing()
    {
        // Every count of a V1 manifest announces four thousand million elements in turn.
        byte[] borsh = VectorFiles.Bytes("qos", "golden", "manifest_v1.borsh");
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int offset = 0; offset + 4 <= borsh.Length; offset += 3)
        {
            byte[] hostile = [.. borsh];
            hostile.AsSpan(offset, 4).Fill(0xff);
            _ = Record.Exception(() => ManifestFormat.Read(hostile));
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 * 1024 * 1024);
    }

    [Fact]
    public void Deep_nesting_is_refused()
    {
        string deep = string.Concat(Enumerable.Repeat("{\"protocolErrorResponse\":", 100_000));
        Assert.Equal(ProtocolErrorCode.ProtocolMsgDeserialization, Sample.Refused(() => MessageCodec.Decode(Encoding.UTF8.GetBytes(deep))));
        string arrays = "{\"manifest\":" + new string('[', 100_000);
        Assert.Throws<EncodingException>(() => ManifestEnvelopeFormat.Read(Encoding.UTF8.GetBytes(arrays)));
    }

    [Fact]
    public void A_message_above_the_limit_is_refused_by_its_length_alone()
    {
        // The memory is reserved, never touched.
        byte[] large = GC.AllocateUninitializedArray<byte>(ProtocolLimits.MaxMessageBytes + 1);
        Assert.Equal(ProtocolErrorCode.OversizedPayload, Sample.Refused(() => MessageCodec.Decode(large)));
    }

    private static void DecodeMessage(byte[] bytes)
    {
        DecodedMessage decoded = MessageCodec.Decode(bytes);
        MessageCodec.EncodeAnswer(decoded.Message, decoded.Encoding);
    }

    private static void Mutate(int seed, byte[] original, Action<byte[]> read)
    {
        var random = new Random(seed);
        for (int round = 0; round < RoundsPerInput; round++)
        {
            byte[] bytes = Mutation(random, original);
            try
            {
                read(bytes);
            }
            catch (Exception exception) when (exception is EncodingException or ProtocolException)
            {
            }
            catch (Exception exception)
            {
                Assert.Fail($"seed {seed}, round {round}: {exception}\n{Convert.ToHexStringLower(bytes)}");
            }
        }
    }

    private static byte[] Mutation(Random random, byte[] original)
    {
        byte[] bytes = [.. original];
        int at = random.Next(bytes.Length);
        switch (random.Next(5))
        {
            case 0:
                bytes[at] ^= (byte)(1 << random.Next(8));
                return bytes;
            case 1:
                bytes[at] = (byte)random.Next(256);
                return bytes;
            case 2:
                return bytes[..at];
            case 3:
                int length = Math.Min(random.Next(1, 40), bytes.Length - at);
                return [.. bytes[..at], .. bytes[(at + length)..]];
            default:
                int copied = Math.Min(random.Next(1, 40), bytes.Length - at);
                return [.. bytes[..at], .. bytes[at..(at + copied)], .. bytes[at..]];
        }
    }
}
