using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Qos.Keys.Tests;

public class SignatureTests
{
    private static readonly BigInteger s_order =
        new(Convert.FromHexString("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"), isUnsigned: true, isBigEndian: true);

    private static readonly byte[] s_rfcScalar = Convert.FromHexString("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721");

    // RFC 6979, A.2.5, SHA-256.
    [Theory]
    [InlineData(
        "sample",
        "A6E3C57DD01ABE90086538398355DD4C3B17AA873382B0F24D6129493D8AAD60",
        "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8")]
    [InlineData(
        "test",
        "D16B6AE827F17175E040871A1C7EC3500192C4C92677336EC2537ACAEE0008E0",
        "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083")]
    public void Rfc6979_example(string message, string nonce, string signature)
    {
        byte[] digest = SHA256.HashData(Encoding.ASCII.GetBytes(message));

        byte[] k = new byte[32];
        new DeterministicNonce(s_rfcScalar, digest, new byte[DeterministicNonce.StateSize]).Next(k);
        Assert.Equal(nonce, Convert.ToHexString(k));

        byte[] made = new byte[64];
        P256.SignDigest(s_rfcScalar, digest, made);
        Assert.Equal(signature, Convert.ToHexString(made));
    }

    [Fact]
    public void Rfc6979_public_point()
    {
        byte[] point = new byte[65];
        P256.PublicPoint(s_rfcScalar, point);
        Assert.Equal(
            "0460FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB67903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299",
            Convert.ToHexString(point));
    }

    [Fact]
    public void Nonces_are_those_of_a_second_implementation_also_for_digests_past_the_order()
    {
        TestRandom random = new(6979);
        for (int i = 0; i < 64; i++)
        {
            byte[] scalar = new byte[32];
            P256.DrawScalar(random, scalar);
            byte[] digest = random.Bytes(32);
            if (i % 2 == 0)
                digest.AsSpan(0, 8 + (i % 24)).Fill(0xff);

            (byte[] first, byte[] second) = SpelledOutNonces(scalar, digest);
            byte[] k = new byte[32];
            DeterministicNonce nonces = new(scalar, digest, new byte[DeterministicNonce.StateSize]);
            nonces.Next(k);
            Assert.Equal(first, k);
            nonces.Next(k);
            Assert.Equal(second, k);
        }
    }

    [Fact]
    public void Signatures_verify_here_and_in_the_framework_and_nowhere_else()
    {
        TestRandom random = new(1);
        using KeySet keys = KeySet.Generate(random);
        using KeySet other = KeySet.Generate(random);
        using ECDsa framework = ECDsa.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new ECPoint { X = keys.PublicKey.SigningPoint[1..33].ToArray(), Y = keys.PublicKey.SigningPoint[33..].ToArray() },
        });
        Prop.ForAll<byte[], byte[]>((message, tail) =>
        {
            byte[] signature = keys.Sign(message);
            Assert.Equal(signature, keys.Sign(message));
            Assert.True(keys.PublicKey.Verify(message, signature));
            Assert.True(framework.VerifyData(message, signature, HashAlgorithmName.SHA256));
            Assert.False(other.PublicKey.Verify(message, signature));
            Assert.False(keys.PublicKey.Verify([.. message, 0, .. tail], signature));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Every_flipped_bit_of_a_signature_is_refused()
    {
        using KeySet keys = KeySet.Generate(new TestRandom(2));
        byte[] message = [1, 2, 3];
        byte[] signature = keys.Sign(message);
        for (int bit = 0; bit < 8 * signature.Length; bit++)
        {
            byte[] flipped = [.. signature];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(keys.PublicKey.Verify(message, flipped), $"bit {bit}");
        }
    }

    [Fact]
    public void Both_forms_of_s_verify_and_none_is_normalised()
    {
        using KeySet keys = KeySet.Generate(new TestRandom(3));
        int high = 0;
        for (byte i = 0; i < 32; i++)
        {
            byte[] signature = keys.Sign([i]);
            BigInteger s = new(signature.AsSpan(32), isUnsigned: true, isBigEndian: true);
            high += s > s_order / 2 ? 1 : 0;

            byte[] negated = [.. signature];
            WriteNumber(s_order - s, negated.AsSpan(32));
            Assert.True(keys.PublicKey.Verify([i], negated));
        }

        Assert.InRange(high, 4, 28);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(63)]
    [InlineData(65)]
    [InlineData(72)]
    public void A_signature_of_another_length_is_refused(int length)
    {
        using KeySet keys = KeySet.Generate(new TestRandom(4));
        byte[] resized = new byte[length];
        byte[] signature = keys.Sign([]);
        signature.AsSpan(0, Math.Min(length, 64)).CopyTo(resized);
        Assert.False(keys.PublicKey.Verify([], resized));
    }

    [Fact]
    public void Numbers_outside_the_range_are_refused()
    {
        using KeySet keys = KeySet.Generate(new TestRandom(5));
        byte[] message = [7];
        byte[] signature = keys.Sign(message);
        BigInteger r = new(signature.AsSpan(0, 32), isUnsigned: true, isBigEndian: true);
        BigInteger limit = BigInteger.One << 256;
        foreach (BigInteger number in (BigInteger[])[0, s_order, s_order + 1, limit - 1, r + s_order])
        {
            if (number >= limit)
                continue;

            byte[] badR = [.. signature];
            WriteNumber(number, badR.AsSpan(0, 32));
            Assert.False(keys.PublicKey.Verify(message, badR), $"r = {number:x}");
            byte[] badS = [.. signature];
            WriteNumber(number, badS.AsSpan(32));
            Assert.False(keys.PublicKey.Verify(message, badS), $"s = {number:x}");
        }
    }

    [Fact]
    public void Scalars_are_those_below_the_order_and_not_zero()
    {
        byte[] scalar = new byte[32];
        foreach ((BigInteger number, bool expected) in ((BigInteger, bool)[])
            [(0, false), (1, true), (256, true), (s_order - 1, true), (s_order, false), (s_order + 1, false), ((BigInteger.One << 256) - 1, false)])
        {
            WriteNumber(number, scalar);
            Assert.True(P256.IsScalar(scalar) == expected, $"{number:x}");
        }
    }

    private static (byte[] First, byte[] Second) SpelledOutNonces(byte[] scalar, byte[] digest)
    {
        byte[] reduced = new byte[32];
        WriteNumber(new BigInteger(digest, isUnsigned: true, isBigEndian: true) % s_order, reduced);
        byte[] v = [.. Enumerable.Repeat((byte)1, 32)];
        byte[] k = new byte[32];
        foreach (byte tag in (byte[])[0, 1])
        {
            k = HMACSHA256.HashData(k, (byte[])[.. v, tag, .. scalar, .. reduced]);
            v = HMACSHA256.HashData(k, v);
        }

        List<byte[]> nonces = [];
        while (nonces.Count < 2)
        {
            v = HMACSHA256.HashData(k, v);
            BigInteger candidate = new(v, isUnsigned: true, isBigEndian: true);
            if (!candidate.IsZero && candidate < s_order)
                nonces.Add(v);
            k = HMACSHA256.HashData(k, (byte[])[.. v, 0]);
            v = HMACSHA256.HashData(k, v);
        }

        return (nonces[0], nonces[1]);
    }

    private static void WriteNumber(BigInteger number, Span<byte> destination)
    {
        destination.Clear();
        byte[] bytes = number.ToByteArray(isUnsigned: true, isBigEndian: true);
        bytes.CopyTo(destination[(destination.Length - bytes.Length)..]);
    }
}
