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
        uint a = reader.ReadUInt32();
        string b = reader.ReadString(100);
        byte[] c = reader.ReadBytes(100);
        reader.End();
        Assert.Equal(42u, a);
        Assert.Equal("Hello, world!", b);
        Assert.Equal([1, 2, 3, 4, 5], c);

        using var writer = new BorshWriter();
        writer.WriteUInt32(a);
        writer.WriteString(b);
        writer.WriteBytes(c);
        Assert.Equal(hex, Hex.Encode(writer.Written));
    }

    [Fact]
    public void Every_kind_of_value_comes_back()
    {
        using var writer = new BorshWriter();
        writer.WriteByte(0xab);
        writer.WriteUInt16(0x1234);
        writer.WriteUInt32(0xdeadbeef);
        writer.WriteUInt64(ulong.MaxValue - 1);
        writer.WriteBool(true);
        writer.WriteBool(false);
        writer.WriteOption(true);
        writer.WriteVariant(22);
        writer.WriteFixed([9, 8, 7]);
        writer.WriteCount(2);
        writer.WriteBytes([1]);
        writer.WriteBytes([]);
        writer.WriteString("é€😀");

        var reader = new BorshReader(writer.ToArray());
        Assert.Equal(0xab, reader.ReadByte());
        Assert.Equal(0x1234, reader.ReadUInt16());
        Assert.Equal(0xdeadbeef, reader.ReadUInt32());
        Assert.Equal(ulong.MaxValue - 1, reader.ReadUInt64());
        Assert.True(reader.ReadBool());
        Assert.False(reader.ReadBool());
        Assert.True(reader.ReadOption());
        Assert.Equal(22, reader.ReadVariant(24));
        Assert.Equal([9, 8, 7], reader.ReadFixed(3).ToArray());
        Assert.Equal(2, reader.ReadCount(4));
        Assert.Equal([1], reader.ReadBytes(1));
        Assert.Empty(reader.ReadByteSpan().ToArray());
        Assert.Equal("é€😀", reader.ReadString(9));
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
            writer.WriteUInt32(small);
            writer.WriteOption(flag);
            writer.WriteString(value);
            writer.WriteUInt64(large);
            writer.WriteBytes(bytes);
            byte[] written = writer.ToArray();

            Assert.Equal((small, flag, value, large, Convert.ToHexString(bytes)), Read(written));
            for (int length = 0; length < written.Length; length++)
                Assert.Throws<EncodingException>(() => Read(written[..length]));
            Assert.Throws<EncodingException>(() => Read([.. written, 0]));
        }).QuickCheckThrowOnFailure();

        static (uint, bool, string, ulong, string) Read(byte[] bytes)
        {
            var reader = new BorshReader(bytes);
            var values = (reader.ReadUInt32(), reader.ReadOption(), reader.ReadString(10_000), reader.ReadUInt64(), Convert.ToHexString(reader.ReadBytes(10_000)));
            reader.End();
            return values;
        }
    }

    public static TheoryData<string, string, Action<byte[]>> Refused => new()
    {
        { "bool 2", "02", static bytes => new BorshReader(bytes).ReadBool() },
        { "option 255", "ff", static bytes => new BorshReader(bytes).ReadOption() },
        { "variant behind the last", "03", static bytes => new BorshReader(bytes).ReadVariant(3) },
        { "u16 cut", "01", static bytes => new BorshReader(bytes).ReadUInt16() },
        { "u32 cut", "010203", static bytes => new BorshReader(bytes).ReadUInt32() },
        { "u64 cut", "01020304050607", static bytes => new BorshReader(bytes).ReadUInt64() },
        { "nothing", "", static bytes => new BorshReader(bytes).ReadByte() },
        { "count beyond the end", "0300000001 02", static bytes => new BorshReader(bytes).ReadBytes(100) },
        { "count of 4 GiB", "ffffffff01", static bytes => new BorshReader(bytes).ReadBytes(int.MaxValue) },
        { "elements that cannot fit", "0200000001020304", static bytes => new BorshReader(bytes).ReadCount(4) },
        { "count whose product overflows 32 bits", "00000040000000", static bytes => new BorshReader(bytes).ReadCount(4) },
        { "longer than allowed", "0200000001 02", static bytes => new BorshReader(bytes).ReadBytes(1) },
        { "string longer than allowed", "020000006161", static bytes => new BorshReader(bytes).ReadString(1) },
        { "string not UTF-8", "01000000ff", static bytes => new BorshReader(bytes).ReadString(9) },
        { "string with a surrogate", "03000000eda080", static bytes => new BorshReader(bytes).ReadString(9) },
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
        Assert.Throws<EncodingException>(() => writer.WriteString("\ud800"));
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
                        case 0: reader.ReadByte(); break;
                        case 1: reader.ReadUInt16(); break;
                        case 2: reader.ReadUInt64(); break;
                        case 3: reader.ReadBool(); break;
                        case 4: Assert.True(reader.ReadBytes(16).Length <= 16); break;
                        case 5: Assert.True(reader.ReadString(16).Length <= 16); break;
                        case 6: Assert.True(reader.ReadCount(3) * 3 <= reader.Remaining); break;
                        default: Assert.True(reader.ReadVariant(3) < 3); break;
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
