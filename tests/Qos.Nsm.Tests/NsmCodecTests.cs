using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Qos.Nsm.Tests;

/// <summary>The module's CBOR, byte for byte, and what is refused. Format: docs/protocol/nsm.md, Device.</summary>
public sealed class NsmCodecTests
{
    private static readonly byte[] s_two = [0xAA, 0xBB];

    private static readonly string[] s_requests =
    [
        "6b44657363726962654e534d",                                              // "DescribeNSM"
        "6947657452616e646f6d",                                                  // "GetRandom"
        "a1 6b4465736372696265504352 a1 65696e646578 10",                        // DescribePCR {index: 16}
        "a1 69457874656e64504352 a2 65696e646578 1910e0 6464617461 42aabb",      // ExtendPCR {index: 4320, data}
        "a1 674c6f636b504352 a1 65696e646578 1818",                              // LockPCR {index: 24}
        "a1 684c6f636b50435273 a1 6572616e6765 1820",                            // LockPCRs {range: 32}
        "a1 6b4174746573746174696f6e a3 69757365725f64617461 41aa 656e6f6e6365 f6 6a7075626c69635f6b6579 40",
    ];

    private static readonly string[] s_responses =
    [
        "674c6f636b504352",                                                      // "LockPCR"
        "684c6f636b50435273",                                                    // "LockPCRs"
        "a1 6b4465736372696265504352 a2 646c6f636b f5 6464617461 42aabb",        // DescribePCR
        "a1 69457874656e64504352 a1 6464617461 42aabb",                          // ExtendPCR
        "a1 6b4174746573746174696f6e a1 68646f63756d656e74 42aabb",              // Attestation
        "a1 6947657452616e646f6d a1 6672616e646f6d 42aabb",                      // GetRandom
        "a1 654572726f72 6c496e76616c6964496e646578",                            // Error InvalidIndex
        "a1 6b44657363726962654e534d a7 6d76657273696f6e5f6d616a6f72 01 6d76657273696f6e5f6d696e6f72 02 6d76657273696f6e5f7061746368 03" +
        "696d6f64756c655f6964 6178 686d61785f70637273 1820 6b6c6f636b65645f70637273 820010 66646967657374 66534841333834",
    ];

    public static TheoryData<string> Requests => [.. s_requests];

    public static TheoryData<string> Responses => [.. s_responses];

    [Theory]
    [MemberData(nameof(Requests))]
    public void A_request_is_these_bytes_both_ways(string hex)
    {
        byte[] encoded = Bytes(hex);
        Assert.Equal(Convert.ToHexStringLower(encoded), Convert.ToHexStringLower(NsmCodec.EncodeRequest(NsmCodec.DecodeRequest(encoded))));
        AssertEveryCutIsRefused(encoded, bytes => NsmCodec.DecodeRequest(bytes));
    }

    [Theory]
    [MemberData(nameof(Responses))]
    public void An_answer_is_these_bytes_both_ways(string hex)
    {
        byte[] encoded = Bytes(hex);
        Assert.Equal(Convert.ToHexStringLower(encoded), Convert.ToHexStringLower(NsmCodec.EncodeResponse(NsmCodec.DecodeResponse(encoded))));
        AssertEveryCutIsRefused(encoded, bytes => NsmCodec.DecodeResponse(bytes));
    }

    [Fact]
    public void None_is_not_the_same_as_empty()
    {
        var request = Assert.IsType<NsmRequest.Attestation>(
            NsmCodec.DecodeRequest(NsmCodec.EncodeRequest(new NsmRequest.Attestation(UserData: Array.Empty<byte>()))));
        Assert.Equal(0, request.UserData?.Length);
        Assert.Null(request.Nonce);
        Assert.Null(request.PublicKey);

        Assert.Null(Assert.IsType<NsmRequest.Attestation>(NsmCodec.DecodeRequest(Bytes("a1 6b4174746573746174696f6e a0"))).UserData);
    }

    [Theory]
    [InlineData("a1 69457874656e64504352 a1 6464617461 8218aa18bb", "data as an array of integers")]
    [InlineData("bf 69457874656e64504352 bf 6464617461 42aabb ff ff", "maps of indefinite length")]
    [InlineData("a1 69457874656e64504352 a1 6464617461 9f18aa18bbff", "an array of indefinite length")]
    [InlineData("a1 69457874656e64504352 a1 6464617461 5f41aa41bbff", "a byte string in pieces")]
    public void Other_forms_of_data_are_read(string hex, string form)
    {
        var answer = Assert.IsType<NsmResponse.ExtendPcr>(NsmCodec.DecodeResponse(Bytes(hex)));
        Assert.True(answer.Data.Span.SequenceEqual(s_two), form);
    }

    [Theory]
    [InlineData("a0", "no variant")]
    [InlineData("a2 674c6f636b504352 a0 684c6f636b50435273 a0", "two variants")]
    [InlineData("a1 69457874656e64504352 a0", "a missing field")]
    [InlineData("a1 69457874656e64504352 a2 6464617461 40 6464617461 40", "a field twice")]
    [InlineData("a1 69457874656e64504352 a2 6464617461 40 7f6464617461ff 40", "a field twice in two forms")]
    [InlineData("a1 69457874656e64504352 a2 6464617461 40 6161 40", "a field that is none")]
    [InlineData("a1 69457874656e64504352 a1 6464617461 6161", "a text for bytes")]
    [InlineData("a1 69457874656e64504352 a1 6464617461 81190100", "an array with 256")]
    [InlineData("a1 69457874656e64504352 a1 6464617461 8120", "an array with -1")]
    [InlineData("a1 69457874656e64504352 a1 6464617461 9b7fffffffffffffff", "an array of 2^63 - 1")]
    [InlineData("a1 69457874656e64504352 a1 6464617461 5b7fffffffffffffff", "2^63 - 1 bytes")]
    [InlineData("a1 69457874656e64504352 f6", "null for fields")]
    [InlineData("a1 01 a0", "a number for a name")]
    [InlineData("61ff", "invalid UTF-8")]
    [InlineData("634e6f70", "another name")]
    [InlineData("a1 634e6f70 a0", "another name with fields")]
    [InlineData("674c6f636b504352 00", "a byte behind")]
    [InlineData("a1 654572726f72 634e6f70", "another error")]
    [InlineData("a1 6947657452616e646f6d a1 6672616e646f6d 590101 00", "257 random bytes, cut")]
    public void Another_answer_is_refused(string hex, string what)
    {
        string message = Assert.Throws<NsmException>(() => NsmCodec.DecodeResponse(Bytes(hex))).Message;
        Assert.False(message.Contains('\n', StringComparison.Ordinal), what);
    }

    [Theory]
    [InlineData("a1 6b4465736372696265504352 a1 65696e646578 1a00010000")]
    [InlineData("a1 6b4465736372696265504352 a1 65696e646578 20")]
    [InlineData("a1 6b4465736372696265504352 a1 65696e646578 f5")]
    [InlineData("a1 6b4465736372696265504352 a1 6572616e6765 01")]
    [InlineData("684c6f636b50435273")]
    [InlineData("a1 6947657452616e646f6d a0")]
    public void Another_request_is_refused(string hex) => Assert.Throws<NsmException>(() => NsmCodec.DecodeRequest(Bytes(hex)));

    [Fact]
    public void Sizes_are_bounded_both_ways()
    {
        Assert.Throws<NsmException>(() => NsmCodec.DecodeRequest(new byte[4097]));
        Assert.Throws<NsmException>(() => NsmCodec.DecodeResponse(new byte[12289]));
        Assert.Throws<NsmException>(() => NsmCodec.EncodeRequest(new NsmRequest.ExtendPcr(1, new byte[4096])));
        Assert.Throws<NsmException>(() => NsmCodec.EncodeResponse(new NsmResponse.Attestation(new byte[12288])));
        Assert.Equal(4096, NsmCodec.EncodeRequest(new NsmRequest.ExtendPcr(1, new byte[4096 - 27])).Length);
    }

    [Fact]
    public void Every_error_has_its_name()
    {
        foreach (NsmError error in Enum.GetValues<NsmError>())
        {
            byte[] encoded = NsmCodec.EncodeResponse(new NsmResponse.Error(error));
            Assert.Contains(error.ToString(), Encoding.UTF8.GetString(encoded), StringComparison.Ordinal);
            Assert.Equal(error, Assert.IsType<NsmResponse.Error>(NsmCodec.DecodeResponse(encoded)).Code);
        }
    }

    [Fact]
    public void Any_fields_come_back()
    {
        Prop.ForAll<ushort, byte[], byte[]>((index, one, other) =>
        {
            byte[] first = one ?? [];
            var extend = (NsmRequest.ExtendPcr)NsmCodec.DecodeRequest(NsmCodec.EncodeRequest(new NsmRequest.ExtendPcr(index, first)));
            var attest = (NsmRequest.Attestation)NsmCodec.DecodeRequest(
                NsmCodec.EncodeRequest(new NsmRequest.Attestation(first, other is null ? default(ReadOnlyMemory<byte>?) : other)));
            return extend.Index == index && extend.Data.Span.SequenceEqual(first)
                && attest.UserData!.Value.Span.SequenceEqual(first)
                && (other is null ? attest.Nonce is null : attest.Nonce!.Value.Span.SequenceEqual(other));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Mutated_messages_are_read_or_refused_and_nothing_else()
    {
        const int Seed = 20261121;
        var random = new Random(Seed);
        byte[][] messages = [.. s_requests.Concat(s_responses).Select(Bytes)];
        for (int i = 0; i < 10_000; i++)
        {
            byte[] mutated = Mutation.Of(messages[random.Next(messages.Length)], random);
            Try(() => NsmCodec.DecodeRequest(mutated), mutated);
            Try(() => NsmCodec.DecodeResponse(mutated), mutated);
        }

        static void Try(Action decode, byte[] input)
        {
            try
            {
                decode();
            }
            catch (NsmException)
            {
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {Seed}, {Convert.ToHexString(input)}: {e}");
            }
        }
    }

    private static void AssertEveryCutIsRefused(byte[] encoded, Action<byte[]> decode)
    {
        for (int length = 0; length < encoded.Length; length++)
            Assert.Throws<NsmException>(() => decode(encoded[..length]));
        Assert.Throws<NsmException>(() => decode([.. encoded, 0]));
    }

    private static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
}
