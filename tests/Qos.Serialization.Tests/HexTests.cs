using FsCheck;
using FsCheck.Fluent;
using Text = System.Text.Encoding;

namespace Qos.Serialization.Tests;

public class HexTests
{
    [Fact]
    public void All_lengths_come_back_and_match_the_framework()
    {
        var random = new Random(1);
        for (int length = 0; length < 700; length++)
        {
            byte[] bytes = new byte[length];
            random.NextBytes(bytes);
            string expected = Convert.ToHexStringLower(bytes);
            Assert.Equal(expected, Hex.Encode(bytes));
            Assert.Equal(bytes, Hex.Decode(expected));
            Assert.Equal(bytes, Hex.Decode(expected.ToUpperInvariant()));
            Assert.Equal(bytes, Hex.Decode(Text.ASCII.GetBytes(expected)));

            byte[] digits = new byte[length * 2];
            Hex.EncodeSecret(bytes, digits);
            Assert.Equal(expected, Text.ASCII.GetString(digits));
            byte[] secret = new byte[length];
            Hex.DecodeSecret(digits, secret);
            Assert.Equal(bytes, secret);
        }
    }

    // Every character at every lane of every vector width, and in the scalar rest.
    [Fact]
    public void Every_character_at_every_place_is_judged_like_the_framework_judges_it()
    {
        byte[] good = new byte[2 * 131];
        Array.Fill(good, (byte)'a');
        byte[] decoded = new byte[131];
        for (int place = 0; place < good.Length; place++)
        {
            for (int character = 0; character < 256; character++)
            {
                good[place] = (byte)character;
                bool isDigit = char.IsAsciiHexDigit((char)character);
                Assert.True(isDigit == Hex.TryDecode(good, decoded), $"character {character} at {place}");
                if (isDigit)
                {
                    int nibble = Convert.ToInt32(((char)character).ToString(), 16);
                    Assert.Equal(place % 2 == 0 ? (nibble << 4) | 0xa : 0xa0 | nibble, decoded[place / 2]);
                }
                else if (character % 32 == place % 32)
                {
                    Assert.Equal(place, Assert.Throws<EncodingException>(() => Hex.Decode(good)).Offset);
                    Assert.Equal(place, Assert.Throws<EncodingException>(() => Hex.Decode(Text.Latin1.GetString(good))).Offset);
                }
            }

            good[place] = (byte)'a';
        }
    }

    [Theory]
    [InlineData("a")]
    [InlineData("abc")]
    [InlineData("0x00")]
    [InlineData("0X00")]
    [InlineData(" 00 ")]
    [InlineData("00\n0")]
    [InlineData("+f")]
    [InlineData("-1")]
    [InlineData("0g")]
    [InlineData("\u0130\u0661")]
    [InlineData("\u0161\u0161")]
    [InlineData("\uff11\uff11")]
    public void What_is_no_hex_is_refused(string text)
    {
        Assert.Throws<EncodingException>(() => Hex.Decode(text));
        Assert.Throws<EncodingException>(() => Hex.Decode(Text.UTF8.GetBytes(text)));
        Assert.Throws<EncodingException>(() => Hex.DecodeSecret(Text.UTF8.GetBytes(text), new byte[Text.UTF8.GetByteCount(text) / 2]));
    }

    [Fact]
    public void Lengths_must_fit()
    {
        Assert.False(Hex.TryDecode("aabb"u8, new byte[1]));
        Assert.False(Hex.TryDecode("aabb"u8, new byte[3]));
        Assert.True(Hex.TryDecode(""u8, []));
        Assert.Empty(Hex.Decode(""));
        Assert.Throws<ArgumentException>(() => Hex.Encode(new byte[2], new byte[3]));
        Assert.Throws<ArgumentException>(() => Hex.EncodeSecret(new byte[2], new byte[5]));
        Assert.Throws<EncodingException>(() => Hex.DecodeSecret("aabb"u8, new byte[1]));
    }

    [Fact]
    public void A_refused_secret_is_wiped_and_not_told()
    {
        byte[] secret = [1, 2, 3];
        var refusal = Assert.Throws<EncodingException>(() => Hex.DecodeSecret("aabbzz"u8, secret));
        Assert.Equal([0, 0, 0], secret);
        Assert.DoesNotContain("z", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Chunks_of_any_length_decode_as_the_whole()
    {
        Prop.ForAll<byte[], byte[]>(static (bytes, cuts) =>
        {
            byte[] digits = Text.ASCII.GetBytes(Convert.ToHexString(bytes));
            var decoder = new HexDecoder();
            var result = new List<byte>();
            int at = 0;
            foreach (int cut in cuts.Select(static cut => (int)cut).Append(int.MaxValue))
            {
                int length = Math.Min(digits.Length - at, cut);
                byte[] block = new byte[decoder.CountFor(length)];
                Assert.Equal(block.Length, decoder.Decode(digits.AsSpan(at, length), block));
                result.AddRange(block);
                at += length;
            }

            decoder.Finish();
            Assert.Equal(digits.Length, decoder.Digits);
            Assert.Equal(bytes, result);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
    }

    [Fact]
    public void A_bad_digit_in_chunks_is_placed_in_the_whole()
    {
        byte[] digits = "00112233445566778899aabbccddeeff"u8.ToArray();
        for (int bad = 0; bad < digits.Length; bad++)
        {
            byte[] damaged = [.. digits];
            damaged[bad] = (byte)'x';
            for (int chunk = 1; chunk <= digits.Length; chunk++)
            {
                var decoder = new HexDecoder();
                var refusal = Assert.Throws<EncodingException>(() =>
                {
                    for (int at = 0; at < damaged.Length; at += chunk)
                        decoder.Decode(damaged.AsSpan(at, Math.Min(chunk, damaged.Length - at)), new byte[32]);
                    decoder.Finish();
                });
                Assert.Equal(bad, refusal.Offset);
            }
        }

        var odd = new HexDecoder();
        odd.Decode("abc"u8, new byte[2]);
        Assert.Throws<EncodingException>(odd.Finish);
    }
}
