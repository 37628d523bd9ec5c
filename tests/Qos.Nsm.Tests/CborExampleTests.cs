using System.Globalization;
using System.Text.Json;
using Qos.Vectors;

namespace Qos.Nsm.Tests;

/// <summary>
/// Every example of RFC 8949, appendix A, in the place of each kind of value that the module's CBOR and a document have: read with the example's
/// value where it is of that kind, refused where it is not. Format: docs/protocol/nsm.md, Device and Attestation document.
/// </summary>
public sealed class CborExampleTests
{
    private static readonly TestChain s_chain = TestChain.Default();

    public static TheoryData<string> Examples => [.. Load().Select(static example => example.Hex)];

    [Fact]
    public void The_appendix_has_examples_of_every_kind()
    {
        Example[] all = [.. Load()];
        Assert.Equal(82, all.Length);
        Assert.Equal(3, all.Count(static example => example.AsByteString is not null));
        Assert.Equal(8, all.Count(static example => example.AsBytes is not null));
        Assert.Equal(11, all.Count(static example => example.AsInteger is not null));
        Assert.Equal(8, all.Count(static example => example.AsText is not null));
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public void In_the_place_of_bytes(string hex)
    {
        Example example = Of(hex);
        NsmResponse.ExtendPcr? answer = Read(
            () => (NsmResponse.ExtendPcr)NsmCodec.DecodeResponse(Bytes("a1 69457874656e64504352 a1 6464617461" + hex)));
        Assert.Equal(example.AsBytes, answer is null ? null : Convert.ToHexStringLower(answer.Data.Span));

        NsmRequest.ExtendPcr? request = Read(
            () => (NsmRequest.ExtendPcr)NsmCodec.DecodeRequest(Bytes("a1 69457874656e64504352 a2 65696e646578 01 6464617461" + hex)));
        Assert.Equal(example.AsBytes, request is null ? null : Convert.ToHexStringLower(request.Data.Span));
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public void In_the_place_of_bytes_or_null(string hex)
    {
        Example example = Of(hex);
        NsmRequest.Attestation? request = Read(
            () => (NsmRequest.Attestation)NsmCodec.DecodeRequest(Bytes("a1 6b4174746573746174696f6e a1 656e6f6e6365" + hex)));
        Assert.Equal(example.AsBytes is not null || example.IsNull, request is not null);
        Assert.Equal(example.AsBytes, request?.Nonce is { } nonce ? Convert.ToHexStringLower(nonce.Span) : null);
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public void In_the_place_of_a_16_bit_number(string hex)
    {
        Example example = Of(hex);
        ulong? expected = example.AsInteger is <= ushort.MaxValue ? example.AsInteger : null;
        NsmRequest.DescribePcr? request = Read(
            () => (NsmRequest.DescribePcr)NsmCodec.DecodeRequest(Bytes("a1 6b4465736372696265504352 a1 65696e646578" + hex)));
        Assert.Equal(expected, request?.Index);
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public void In_the_place_of_a_flag(string hex)
    {
        NsmResponse.DescribePcr? answer = Read(
            () => (NsmResponse.DescribePcr)NsmCodec.DecodeResponse(Bytes("a1 6b4465736372696265504352 a2 646c6f636b" + hex + "6464617461 42aabb")));
        Assert.Equal(Of(hex).AsFlag, answer?.Lock);
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public void In_the_place_of_a_text(string hex)
    {
        NsmResponse.DescribeNsm? answer = Read(() => (NsmResponse.DescribeNsm)NsmCodec.DecodeResponse(Bytes(
            "a1 6b44657363726962654e534d a7 6d76657273696f6e5f6d616a6f72 01 6d76657273696f6e5f6d696e6f72 02 6d76657273696f6e5f7061746368 03"
            + "696d6f64756c655f6964" + hex + "686d61785f70637273 1820 6b6c6f636b65645f70637273 820010 66646967657374 66534841333834")));
        Assert.Equal(Of(hex).AsText, answer?.ModuleId);
    }

    // A later module may say more of itself, in whatever form. The file has simple(24) as f818, as RFC 7049 did; RFC 8949 calls that not well-formed.
    [Theory]
    [MemberData(nameof(Examples))]
    public void As_a_description_that_we_do_not_know(string hex)
    {
        NsmResponse.DescribeNsm? answer = Read(() => (NsmResponse.DescribeNsm)NsmCodec.DecodeResponse(Bytes(
            "a1 6b44657363726962654e534d a8 6d76657273696f6e5f6d616a6f72 01 6d76657273696f6e5f6d696e6f72 02 6d76657273696f6e5f7061746368 03"
            + "696d6f64756c655f6964 6178 686d61785f70637273 1820 6b6c6f636b65645f70637273 820010 66646967657374 66534841333834 636e6577" + hex)));
        Assert.Equal(hex == "f818" ? null : "x", answer?.ModuleId);
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public void In_the_place_of_a_documents_time(string hex)
    {
        // Within what a DateTimeOffset can hold.
        ulong? expected = Of(hex).AsInteger is > 0 and < 253_402_300_800_000 and ulong time ? time : null;
        Assert.Equal(expected, ReadDocument("timestamp", hex)?.Timestamp);
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public void In_the_place_of_a_documents_module(string hex) =>
        Assert.Equal(Of(hex).AsText is { Length: > 0 } text ? text : null, ReadDocument("module_id", hex)?.ModuleId);

    [Theory]
    [MemberData(nameof(Examples))]
    public void In_the_place_of_a_documents_nonce(string hex)
    {
        Example example = Of(hex);
        AttestationDocument? document = ReadDocument("nonce", hex);
        Assert.Equal(example.AsByteString is not null || example.IsNull, document is not null);
        Assert.Equal(example.AsByteString, document?.Nonce is { } nonce ? Convert.ToHexStringLower(nonce.Span) : null);
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public void As_a_whole_it_is_nothing_of_ours(string hex)
    {
        byte[] encoded = Bytes(hex);
        Assert.Throws<NsmException>(() => NsmCodec.DecodeRequest(encoded));
        Assert.Throws<NsmException>(() => NsmCodec.DecodeResponse(encoded));
        Assert.Throws<AttestationException>(() => AttestationDocument.Parse(encoded));
    }

    private static AttestationDocument? ReadDocument(string member, string hex)
    {
        byte[] document = s_chain.Document(payload => payload.Set(member, writer => writer.WriteEncodedValue(Bytes(hex))));
        try
        {
            return AttestationDocument.Parse(document);
        }
        catch (AttestationException)
        {
            return null;
        }
    }

    private static T? Read<T>(Func<T> decode)
        where T : class
    {
        try
        {
            return decode();
        }
        catch (NsmException)
        {
            return null;
        }
    }

    private static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));

    private static Example Of(string hex) => Load().Single(example => example.Hex == hex);

    private static IEnumerable<Example> Load() =>
        JsonDocument.Parse(VectorFiles.Bytes("standard", "cbor_rfc8949_appendix_a.json")).RootElement.EnumerateArray().Select(static element => new Example(element));

    /// <summary>One example, with its value as each kind that it is of; the appendix shows what JSON cannot say in diagnostic notation.</summary>
    private sealed class Example(JsonElement element)
    {
        private readonly JsonElement? _decoded = element.TryGetProperty("decoded", out JsonElement decoded) ? decoded : null;
        private readonly string _diagnostic = element.TryGetProperty("diagnostic", out JsonElement text) ? text.GetString()! : "";

        public string Hex { get; } = element.GetProperty("hex").GetString()!;

        public string? AsByteString => _diagnostic.StartsWith("h'", StringComparison.Ordinal) || _diagnostic.StartsWith("(_ h'", StringComparison.Ordinal)
            ? string.Concat(_diagnostic.Split('\'').Where(static (_, i) => i % 2 == 1))
            : null;

        // Bytes may also come as an array of integers.
        public string? AsBytes => AsByteString ?? (_decoded is { ValueKind: JsonValueKind.Array } array && array.EnumerateArray().All(IsByte)
            ? Convert.ToHexStringLower([.. array.EnumerateArray().Select(static item => item.GetByte())])
            : null);

        // A bignum is a tagged byte string, not an integer.
        public ulong? AsInteger => IsDigits(_decoded) && ulong.TryParse(_decoded?.GetRawText(), CultureInfo.InvariantCulture, out ulong value) ? value : null;

        public string? AsText => _decoded is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

        public bool? AsFlag => _decoded?.ValueKind switch { JsonValueKind.True => true, JsonValueKind.False => false, _ => null };

        public bool IsNull => _decoded is { ValueKind: JsonValueKind.Null };

        private static bool IsByte(JsonElement item) => IsDigits(item) && item.TryGetByte(out _);

        private static bool IsDigits(JsonElement? item) => item is { ValueKind: JsonValueKind.Number } number && number.GetRawText().All(char.IsAsciiDigit);
    }
}
