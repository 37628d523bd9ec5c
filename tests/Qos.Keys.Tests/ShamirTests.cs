using FsCheck;
using FsCheck.Fluent;

namespace Qos.Keys.Tests;

public class ShamirTests
{
    [Fact]
    public void Any_shares_from_the_threshold_on_reconstruct_in_any_order()
    {
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
        {
            Random choice = new(seed);
            int count = choice.Next(2, 20);
            int threshold = choice.Next(2, count + 1);
            byte[] secret = new byte[choice.Next(1, 70)];
            choice.NextBytes(secret);

            SecretMemory[] shares = Shamir.Split(secret, count, threshold, new TestRandom(seed));
            for (int members = threshold - 1; members <= count; members++)
            {
                SecretMemory[] chosen = [.. shares];
                choice.Shuffle(chosen);
                using SecretMemory reconstructed = Shamir.Reconstruct(chosen[..members]);
                bool isSecret = reconstructed.Span.SequenceEqual(secret);

                // One share too few may hit a one-byte secret by chance.
                if (members < threshold ? secret.Length > 4 && isSecret : !isSecret)
                    return false;
            }

            foreach (SecretMemory share in shares)
                share.Dispose();
            return true;
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(255, 255)]
    [InlineData(255, 2)]
    [InlineData(255, 128)]
    [InlineData(2, 2)]
    public void The_largest_sets_reconstruct(int count, int threshold)
    {
        byte[] secret = new TestRandom(count).Bytes(32);
        SecretMemory[] shares = Shamir.Split(secret, count, threshold, SystemRandomSource.Instance);
        Assert.Equal(count, shares.Length);
        for (int i = 0; i < count; i++)
        {
            Assert.Equal(33, shares[i].Length);
            Assert.Equal(i + 1, shares[i].Span[0]);
        }

        using SecretMemory fromAll = Shamir.Reconstruct(shares);
        Assert.Equal(secret, fromAll.Span.ToArray());
        using SecretMemory fromLast = Shamir.Reconstruct(shares[^threshold..]);
        Assert.Equal(secret, fromLast.Span.ToArray());
        foreach (SecretMemory share in shares)
            share.Dispose();
    }

    [Fact]
    public void One_share_of_two_takes_every_value_once_whatever_the_secret()
    {
        foreach (byte secret in (byte[])[0, 1, 0x53, 0xff])
        {
            HashSet<byte> values = [];
            for (int coefficient = 0; coefficient < 256; coefficient++)
            {
                SecretMemory[] shares = Shamir.Split([secret], 3, 2, new ScriptedRandom([(byte)coefficient, 0, 0, 0, 0, 0, 0, 0]));
                values.Add(shares[2].Span[1]);
                foreach (SecretMemory share in shares)
                    share.Dispose();
            }

            Assert.Equal(256, values.Count);
        }
    }

    /// <summary>
    /// A secret that is split twice, as a reshare does: fewer than the threshold of either split say nothing, however they are put together. Each pair of an old share and a new
    /// one comes once for each pair of polynomials, whatever the secret.
    /// </summary>
    [Fact]
    public void Shares_of_two_splits_of_one_secret_say_nothing_together()
    {
        foreach (byte secret in (byte[])[0, 0x53])
        {
            byte[][] shares = [.. new[] { 3, 5 }.Select(count =>
            {
                SecretMemory[] made = Shamir.Split(Enumerable.Repeat(secret, 256).ToArray(), count, 2, new ScriptedRandom([.. Enumerable.Range(0, 256).Select(static i => (byte)i)]));
                byte[] last = made[^1].Span[1..].ToArray();
                foreach (SecretMemory share in made)
                    share.Dispose();
                return last;
            })];
            Assert.Equal(256 * 256, shares[0].SelectMany(old => shares[1].Select(@new => (old, @new))).Distinct().Count());
        }
    }

    /// <summary>Two shares of a split with threshold 3 take each pair of values once over all polynomials, whatever the secret.</summary>
    [Fact]
    public void Two_shares_of_three_take_every_pair_of_values_once_whatever_the_secret()
    {
        foreach (byte secret in (byte[])[0, 0xa7])
        {
            // Every byte of a secret has a polynomial of its own: one long secret goes through all of them.
            byte[] coefficients = [.. Enumerable.Range(0, 65536).Select(static i => (byte)i), .. Enumerable.Range(0, 65536).Select(static i => (byte)(i >> 8))];
            SecretMemory[] shares = Shamir.Split(Enumerable.Repeat(secret, 65536).ToArray(), 3, 3, new ScriptedRandom(coefficients));
            var pairs = new HashSet<(byte, byte)>();
            for (int i = 1; i <= 65536; i++)
                pairs.Add((shares[0].Span[i], shares[2].Span[i]));
            foreach (SecretMemory share in shares)
                share.Dispose();

            Assert.Equal(65536, pairs.Count);
        }
    }

    [Fact]
    public void Field_products_are_those_of_polynomials_by_hand()
    {
        for (int a = 0; a < 256; a++)
        {
            for (int b = 0; b < 256; b++)
                Assert.True(Field256.Multiply((byte)a, (byte)b) == ByHand(a, b), $"{a:x2} * {b:x2}");
            if (a != 0)
                Assert.Equal(1, Field256.Multiply((byte)a, Field256.Invert((byte)a)));
        }
    }

    [Fact]
    public void Words_are_eight_elements_at_once()
    {
        TestRandom random = new(30);
        byte[] elements = random.Bytes(64);
        byte[] addend = random.Bytes(64);
        for (int factor = 0; factor < 256; factor++)
        {
            byte[] horner = [.. elements];
            Field256.MultiplyThenAdd(horner, (byte)factor, addend);
            byte[] sum = [.. addend];
            Field256.AddMultiple(sum, elements, (byte)factor);
            for (int i = 0; i < elements.Length; i++)
            {
                byte expected = (byte)(ByHand(elements[i], factor) ^ addend[i]);
                Assert.Equal(expected, horner[i]);
                Assert.Equal(expected, sum[i]);
            }
        }
    }

    [Fact]
    public void A_share_of_a_one_of_one_set_is_its_secret()
    {
        using SecretMemory share = SecretMemory.CopyOf([1, 7, 8, 9]);
        using SecretMemory secret = Shamir.Reconstruct([share]);
        Assert.Equal([7, 8, 9], secret.Span.ToArray());
    }

    [Theory]
    [InlineData(ShamirError.EmptySecret, 0, 3, 2)]
    [InlineData(ShamirError.InvalidThreshold, 4, 1, 1)]
    [InlineData(ShamirError.InvalidThreshold, 4, 3, 1)]
    [InlineData(ShamirError.InvalidThreshold, 4, 3, 4)]
    [InlineData(ShamirError.InvalidThreshold, 4, 3, 0)]
    [InlineData(ShamirError.InvalidThreshold, 4, 3, -2)]
    [InlineData(ShamirError.InvalidThreshold, 4, 0, 2)]
    [InlineData(ShamirError.TooManyShares, 4, 256, 2)]
    public void A_split_that_makes_no_sense_is_refused(ShamirError expected, int length, int count, int threshold)
    {
        ShamirException refused = Assert.Throws<ShamirException>(
            () => Shamir.Split(new byte[length], count, threshold, SystemRandomSource.Instance));
        Assert.Equal(expected, refused.Error);
    }

    [Theory]
    [InlineData(ShamirError.NoShares)]
    [InlineData(ShamirError.ShareTooShort, "")]
    [InlineData(ShamirError.ShareTooShort, "01")]
    [InlineData(ShamirError.ZeroIdentifier, "00aa")]
    [InlineData(ShamirError.ZeroIdentifier, "01aa", "00aa")]
    [InlineData(ShamirError.DuplicateIdentifier, "01aa", "02bb", "01cc")]
    [InlineData(ShamirError.DuplicateIdentifier, "ffaa", "ffaa")]
    [InlineData(ShamirError.UnequalLengths, "01aa", "02bbbb")]
    [InlineData(ShamirError.UnequalLengths, "01aabb", "02bb")]
    public void Shares_that_are_no_set_are_refused(ShamirError expected, params string[] shares)
    {
        SecretMemory[] memories = [.. shares.Select(share => SecretMemory.CopyOf(Convert.FromHexString(share)))];
        ShamirException refused = Assert.Throws<ShamirException>(() => Shamir.Reconstruct(memories));
        Assert.Equal(expected, refused.Error);
        foreach (SecretMemory memory in memories)
            memory.Dispose();
    }

    private static byte ByHand(int a, int b)
    {
        int product = 0;
        for (int bit = 0; bit < 8; bit++)
            product ^= (b >> bit & 1) != 0 ? a << bit : 0;
        for (int bit = 14; bit >= 8; bit--)
            product ^= (product >> bit & 1) != 0 ? 0x11b << (bit - 8) : 0;
        return (byte)product;
    }
}
