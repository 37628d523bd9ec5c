using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Qos.Vectors;

namespace Qos.Serialization.Tests;

public class BorshTests
{
    [Fact]
    public void The_basic_vector_is_read_and_written()
    {
        using JsonDocument vectors = JsonDocument.Parse(VectorFiles.Bytes("qos", "borsh_basic.json"));
        string hex = vectors.RootElement[0].GetProperty("hex").GetString()!;

        var reader = new BorshReader(Hex.Decode(hex));
        uint a = reader.U32();
        string b = reader.String(100);
        byte[] c = reader.Bytes(100);
        reader.End();
        Assert.Equal(42u, a);
        Assert.Equal("Hello, world!", b);
        Assert.Equal([1, 2, 3, 4, 5], c);

        using var writer = new BorshWriter();
        writer.U32(a);
        writer.String(b);
        writer.Bytes(c);
        Assert.Equal(hex, Hex.Encode(writer.Written));
    }

    [Fact]
    public void Every_kind_of_value_comes_back()
    {
        using var writer = new BorshWriter();
        writer.U8(0xab);
        writer.U16(0x1234);
        writer.U32(0xdeadbeef);
        writer.U64(ulong.MaxValue - 1);
        writer.Bool(true);
        writer.Bool(false);
        writer.Option(true);
        writer.Variant(22);
        writer.Fixed([9, 8, 7]);
        writer.Count(2);
        writer.Bytes([1]);
        writer.Bytes([]);
        writer.String("é€😀");

        var reader = new BorshReader(writer.ToArray());
        Assert.Equal(0xab, reader.U8());
        Assert.Equal(0x1234, reader.U16());
        Assert.Equal(0xdeadbeef, reader.U32());
        Assert.Equal(ulong.MaxValue - 1, reader.U64());
        Assert.True(reader.Bool());
        Assert.False(reader.Bool());
        Assert.True(reader.Option());
        Assert.Equal(22, reader.Variant(24));
        Assert.Equal([9, 8, 7], reader.Fixed(3).ToArray());
        Assert.Equal(2, reader.Count(4));
        Assert.Equal([1], reader.Bytes(1));
        Assert.Empty(reader.BytesSpan().ToArray());
        Assert.Equal("é€😀", reader.String(9));
        Assert.Equal(0, reader.Remaining);
        reader.End();
    }

    [Fact]
    public void Any_values_come_back_and_no_part_of_them()
    {
        Prop.ForAll<(uint Small, ulong Large, bool Flag), byte[], NonNull<string>>(static (numbers, bytes, text) =>
        {
            (uint small, ulong large, bool flag) = numbers;
            // What is no text of Unicode cannot be written.
            string value = string.Concat(text.Get.EnumerateRunes());
            using var writer = new BorshWriter();
            writer.U32(small);
            writer.Option(flag);
            writer.String(value);
            writer.U64(large);
            writer.Bytes(bytes);
            byte[] written = writer.ToArray();

            Assert.Equal((small, flag, value, large, Convert.ToHexString(bytes)), Read(written));
            for (int length = 0; length < written.Length; length++)
                Assert.Throws<EncodingException>(() => Read(written[..length]));
            Assert.Throws<EncodingException>(() => Read([.. written, 0]));
        }).QuickCheckThrowOnFailure();

        static (uint, bool, string, ulong, string) Read(byte[] bytes)
        {
            var reader = new BorshReader(bytes);
            var values = (reader.U32(), reader.Option(), reader.String(10_000), reader.U64(), Convert.ToHexString(reader.Bytes(10_000)));
            reader.End();
            return values;
        }
    }

    public static TheoryData<string, string, Action<byte[]>> Refused => new()
    {
        { "bool 2", "02", static bytes => new BorshReader(bytes).Bool() },
        { "option 255", "ff", static bytes => new BorshReader(bytes).Option() },
        { "variant behind the last", "03", static bytes => new BorshReader(bytes).Variant(3) },
        { "u16 cut", "01", static bytes => new BorshReader(bytes).U16() },
        { "u32 cut", "010203", static bytes => new BorshReader(bytes).U32() },
        { "u64 cut", "01020304050607", static bytes => new BorshReader(bytes).U64() },
        { "nothing", "", static bytes => new BorshReader(bytes).U8() },
        { "count beyond the end", "0300000001 02", static bytes => new BorshReader(bytes).Bytes(100) },
        { "count of 4 GiB", "ffffffff01", static bytes => new BorshReader(bytes).Bytes(int.MaxValue) },
        { "elements that cannot fit", "0200000001020304", static bytes => new BorshReader(bytes).Count(4) },
        { "count whose product overflows 32 bits", "00000040000000", static bytes => new BorshReader(bytes).Count(4) },
        { "longer than allowed", "0200000001 02", static bytes => new BorshReader(bytes).Bytes(1) },
        { "string longer than allowed", "020000006161", static bytes => new BorshReader(bytes).String(1) },
        { "string not UTF-8", "01000000ff", static bytes => new BorshReader(bytes).String(9) },
        { "string with a surrogate", "03000000eda080", static bytes => new BorshReader(bytes).String(9) },
        { "left over", "00", static bytes => new BorshReader(bytes).End() },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void Malformed_input_is_refused_with_its_place(string what, string hex, Action<byte[]> read)
    {
        var refusal = Assert.Throws<EncodingException>(() => read(Hex.Decode(hex.Replace(" ", "", StringComparison.Ordinal))));
        Assert.True(refusal.Offset >= 0, what);
    }

    [Fact]
    public void A_lone_surrogate_cannot_be_written()
    {
        using var writer = new BorshWriter();
        Assert.Throws<EncodingException>(() => writer.String("\ud800"));
    }

    [Fact]
    public void Hostile_bytes_never_throw_anything_else()
    {
        const int Seed = 20261121;
        var random = new Random(Seed);
        for (int round = 0; round < 10_000; round++)
        {
            byte[] bytes = new byte[random.Next(40)];
            random.NextBytes(bytes);
            for (int i = 0; i < bytes.Length; i++)
                bytes[i] = random.Next(3) == 0 ? bytes[i] : (byte)(bytes[i] & 3);
            try
            {
                var reader = new BorshReader(bytes);
                while (reader.Remaining > 0)
                {
                    switch (random.Next(8))
                    {
                        case 0: reader.U8(); break;
                        case 1: reader.U16(); break;
                        case 2: reader.U64(); break;
                        case 3: reader.Bool(); break;
                        case 4: Assert.True(reader.Bytes(16).Length <= 16); break;
                        case 5: Assert.True(reader.String(16).Length <= 16); break;
                        case 6: Assert.True(reader.Count(3) * 3 <= reader.Remaining); break;
                        default: Assert.True(reader.Variant(3) < 3); break;
                    }
                }

                reader.End();
            }
            catch (EncodingException refusal)
            {
                Assert.InRange(refusal.Offset, 0, bytes.Length);
            }
        }
    }
}
