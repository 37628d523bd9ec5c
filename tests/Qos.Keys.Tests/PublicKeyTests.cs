namespace Qos.Keys.Tests;

public class PublicKeyTests
{
    [Fact]
    public void A_key_is_its_bytes_and_its_hex()
    {
        using KeySet keys = KeySet.Generate(new TestRandom(50));
        PublicKey key = keys.PublicKey;
        Assert.Equal(key, PublicKey.Parse(key.Bytes));
        Assert.Equal(key, PublicKey.ParseHex(key.ToHex()));
        Assert.Equal(key.GetHashCode(), PublicKey.ParseHex(key.ToHex()).GetHashCode());
        Assert.True(PublicKey.TryParse(key.Bytes, out PublicKey? parsed));
        Assert.Equal(key, parsed);
        Assert.Equal([.. key.EncryptionPoint, .. key.SigningPoint], key.Bytes.ToArray());
    }

    [Theory]
    [InlineData(0, KeyError.EncodedPublicKeyTooShort)]
    [InlineData(65, KeyError.EncodedPublicKeyTooShort)]
    [InlineData(129, KeyError.EncodedPublicKeyTooShort)]
    [InlineData(131, KeyError.EncodedPublicKeyTooLong)]
    [InlineData(100_000, KeyError.EncodedPublicKeyTooLong)]
    public void Another_length_is_refused(int length, KeyError expected)
    {
        byte[] bytes = new byte[length];
        Assert.Equal(expected, Assert.Throws<KeyException>(() => PublicKey.Parse(bytes)).Error);
        Assert.Equal(expected, Assert.Throws<KeyException>(() => PublicKey.ParseHex(new string('0', 2 * length))).Error);
        Assert.False(PublicKey.TryParse(bytes, out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("zz")]
    [InlineData("0x04")]
    public void Text_that_is_not_hex_is_refused(string text)
    {
        KeyException refused = Assert.Throws<KeyException>(() => PublicKey.ParseHex(text));
        Assert.Equal(text.Length == 0 ? KeyError.EncodedPublicKeyTooShort : KeyError.QosHex, refused.Error);
    }

    [Fact]
    public void Points_off_the_curve_or_in_another_form_are_refused()
    {
        using KeySet keys = KeySet.Generate(new TestRandom(51));
        for (int i = 0; i < PublicKey.Size; i++)
        {
            byte[] flipped = keys.PublicKey.Bytes.ToArray();
            flipped[i] ^= 1;
            Assert.False(PublicKey.TryParse(flipped, out _), $"byte {i}");
            Assert.Equal(KeyError.FailedToReadPublicKey, Assert.Throws<KeyException>(() => PublicKey.Parse(flipped)).Error);
        }

        // The hybrid forms 06 and 07, infinity, and a coordinate past the prime.
        foreach (byte form in (byte[])[0, 2, 3, 5, 6, 7])
        {
            byte[] other = keys.PublicKey.Bytes.ToArray();
            other[0] = form;
            Assert.False(PublicKey.TryParse(other, out _), $"form {form}");
        }

        byte[] large = keys.PublicKey.Bytes.ToArray();
        large.AsSpan(1, 32).Fill(0xff);
        Assert.False(PublicKey.TryParse(large, out _));
    }

    [Fact]
    public void A_seed_of_another_length_is_refused()
    {
        foreach (int length in (int[])[0, 31, 33, 64])
            Assert.Equal(KeyError.MasterSeedInvalidLength, Assert.Throws<KeyException>(() => KeySet.FromSeed(new byte[length])).Error);
    }

    [Fact]
    public async Task A_key_set_is_used_by_many_threads_while_one_disposes_of_it()
    {
        KeySet keys = KeySet.Generate(new TestRandom(52));
        using Barrier start = new(4);
        Task[] users =
        [
            .. Enumerable.Range(0, 3).Select(_ => Task.Run(() =>
            {
                start.SignalAndWait();
                try
                {
                    for (int i = 0; i < 1000; i++)
                        Assert.True(keys.PublicKey.Verify([1], keys.Sign([1])));
                }
                catch (ObjectDisposedException)
                {
                    // The one outcome besides a good signature.
                }
            })),
        ];
        start.SignalAndWait();
        keys.Dispose();
        await Task.WhenAll(users);
        Assert.Throws<ObjectDisposedException>(() => keys.Sign([1]));
    }
}
