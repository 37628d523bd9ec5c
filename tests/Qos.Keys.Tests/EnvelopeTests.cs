using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;

namespace Qos.Keys.Tests;

public class EnvelopeTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(33)]
    [InlineData(4096)]
    [InlineData(1_000_003)]
    public void What_is_sealed_opens(int length)
    {
        TestRandom random = new(length);
        using KeySet keys = KeySet.Generate(random);
        byte[] plaintext = random.Bytes(length);

        byte[] envelope = keys.PublicKey.Encrypt(plaintext, SystemRandomSource.Instance);
        Assert.Equal(12 + 65 + 4 + length + 16, envelope.Length);
        using SecretMemory opened = keys.Decrypt(envelope);
        Assert.True(opened.Span.SequenceEqual(plaintext));

        byte[] atRest = keys.EncryptSymmetric(plaintext, SystemRandomSource.Instance);
        Assert.Equal(12 + 4 + length + 16, atRest.Length);
        using SecretMemory openedAtRest = keys.DecryptSymmetric(atRest);
        Assert.True(openedAtRest.Span.SequenceEqual(plaintext));
    }

    [Fact]
    public void Anything_that_is_sealed_opens_for_its_receiver_alone()
    {
        TestRandom random = new(8);
        using KeySet keys = KeySet.Generate(random);
        using KeySet other = KeySet.Generate(random);
        Prop.ForAll<byte[]>(plaintext =>
        {
            byte[] envelope = keys.PublicKey.Encrypt(plaintext, SystemRandomSource.Instance);
            using SecretMemory opened = keys.Decrypt(envelope);
            Assert.Equal(plaintext, opened.Span.ToArray());
            AssertRefused(other.Decrypt, envelope, "another key");

            byte[] atRest = keys.EncryptSymmetric(plaintext, SystemRandomSource.Instance);
            using SecretMemory openedAtRest = keys.DecryptSymmetric(atRest);
            Assert.Equal(plaintext, openedAtRest.Span.ToArray());
            AssertRefused(other.DecryptSymmetric, atRest, "another key, at rest");
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Public_key_envelope_is_that_of_a_second_implementation()
    {
        TestRandom random = new(10);
        using KeySet keys = KeySet.Generate(random);
        byte[] plaintext = random.Bytes(40);
        byte[] scalar = random.Bytes(32);
        byte[] nonce = random.Bytes(12);

        ScriptedRandom script = new(scalar, nonce);
        byte[] envelope = keys.PublicKey.Encrypt(plaintext, script);

        Assert.True(script.IsUsedUp);
        Assert.Equal(Convert.ToHexStringLower(SpelledOut(keys.PublicKey, plaintext, scalar, nonce)), Convert.ToHexStringLower(envelope));
    }

    [Fact]
    public void A_scalar_out_of_range_is_drawn_again()
    {
        using KeySet keys = KeySet.Generate(new TestRandom(11));
        byte[] tooLarge = [.. Enumerable.Repeat((byte)0xff, 32)];
        ScriptedRandom script = new(new byte[32], tooLarge, new TestRandom(12).Bytes(32), new byte[12]);
        using SecretMemory opened = keys.Decrypt(keys.PublicKey.Encrypt([5], script));
        Assert.True(script.IsUsedUp);
    }

    [Fact]
    public void A_random_source_that_is_stuck_is_an_error_and_no_endless_loop()
    {
        using KeySet keys = KeySet.Generate(new TestRandom(13));
        ScriptedRandom stuck = new([.. Enumerable.Repeat(new byte[32], 16)]);
        Assert.Throws<InvalidOperationException>(() => keys.PublicKey.Encrypt([1], stuck));
    }

    [Fact]
    public void Every_flipped_byte_of_an_envelope_is_refused_alike()
    {
        using KeySet keys = KeySet.Generate(new TestRandom(14));
        byte[] envelope = keys.PublicKey.Encrypt([1, 2, 3], new TestRandom(15));
        byte[] atRest = keys.EncryptSymmetric([1, 2, 3], new TestRandom(16));
        foreach (byte flip in (byte[])[0x01, 0x80, 0xff])
        {
            for (int i = 0; i < envelope.Length; i++)
                AssertRefused(keys.Decrypt, Flipped(envelope, i, flip), $"byte {i} ^ {flip:x2}");
            for (int i = 0; i < atRest.Length; i++)
                AssertRefused(keys.DecryptSymmetric, Flipped(atRest, i, flip), $"at rest, byte {i} ^ {flip:x2}");
        }
    }

    [Fact]
    public void Every_other_length_of_an_envelope_is_refused_alike()
    {
        using KeySet keys = KeySet.Generate(new TestRandom(17));
        byte[] envelope = keys.PublicKey.Encrypt([1, 2, 3], new TestRandom(18));
        byte[] atRest = keys.EncryptSymmetric([1, 2, 3], new TestRandom(19));
        for (int length = 0; length < envelope.Length; length++)
            AssertRefused(keys.Decrypt, envelope[..length], $"{length} bytes");
        for (int length = 0; length < atRest.Length; length++)
            AssertRefused(keys.DecryptSymmetric, atRest[..length], $"at rest, {length} bytes");
        AssertRefused(keys.Decrypt, [.. envelope, 0], "one byte more");
        AssertRefused(keys.DecryptSymmetric, [.. atRest, 0], "at rest, one byte more");
    }

    [Fact]
    public void Mutated_envelopes_never_open_and_never_fail_otherwise()
    {
        const int Seed = 20;
        using KeySet keys = KeySet.Generate(new TestRandom(Seed));
        byte[] envelope = keys.PublicKey.Encrypt(new byte[20], new TestRandom(Seed));
        Random random = new(Seed);
        for (int i = 0; i < 1000; i++)
        {
            List<byte> mutant = [.. envelope];
            for (int change = random.Next(1, 5); change > 0; change--)
            {
                int at = random.Next(mutant.Count);
                switch (random.Next(3))
                {
                    case 0: mutant[at] = (byte)random.Next(256); break;
                    case 1: mutant.RemoveAt(at); break;
                    default: mutant.Insert(at, (byte)random.Next(256)); break;
                }
            }

            if (!mutant.SequenceEqual(envelope))
                AssertRefused(keys.Decrypt, [.. mutant], $"seed {Seed}, mutant {i}: {Convert.ToHexString([.. mutant])}");
        }
    }

    [Fact]
    public void Another_key_does_not_open_an_envelope()
    {
        using KeySet keys = KeySet.Generate(new TestRandom(21));
        using KeySet other = KeySet.Generate(new TestRandom(22));
        AssertRefused(other.Decrypt, keys.PublicKey.Encrypt([1], new TestRandom(23)), "other key");
        AssertRefused(other.DecryptSymmetric, keys.EncryptSymmetric([1], new TestRandom(24)), "other key, at rest");
        AssertRefused(keys.DecryptSymmetric, keys.PublicKey.Encrypt([1], new TestRandom(25)), "other kind");
    }

    [Fact]
    public void An_envelope_opens_from_a_shared_secret_alone()
    {
        TestRandom random = new(26);
        using KeySet keys = KeySet.Generate(random);
        byte[] scalar = random.Bytes(32);
        byte[] envelope = keys.PublicKey.Encrypt([9, 9], new ScriptedRandom(scalar, new byte[12]));
        byte[] shared = new byte[32];
        Assert.True(P256.TryAgree(scalar, keys.PublicKey.EncryptionPoint, shared));

        using SecretMemory opened = PublicKeyEnvelope.OpenWithShared(shared, keys.PublicKey.EncryptionPoint, envelope);
        Assert.Equal([9, 9], opened.Span.ToArray());
    }

    private static byte[] SpelledOut(PublicKey receiver, byte[] plaintext, byte[] scalar, byte[] nonce)
    {
        byte[] point = new byte[65];
        P256.PublicPoint(scalar, point);
        using ECDiffieHellman ours = ECDiffieHellman.Create(Parameters(point, scalar));
        using ECDiffieHellman theirs = ECDiffieHellman.Create(Parameters(receiver.EncryptionPoint, null));
        byte[] shared = ours.DeriveRawSecretAgreement(theirs.PublicKey);
        byte[] to = receiver.EncryptionPoint.ToArray();
        byte[] key = HMACSHA512.HashData([.. point, .. to, .. shared], "qos_encryption_hmac_message"u8)[..32];
        byte[] ciphertext = new byte[plaintext.Length];
        byte[] tag = new byte[16];
        using AesGcm cipher = new(key, 16);
        cipher.Encrypt(nonce, plaintext, ciphertext, tag, (byte[])[.. point, 0x41, .. to, 0x41]);
        return [.. nonce, .. point, .. BitConverter.GetBytes(plaintext.Length + 16), .. ciphertext, .. tag];
    }

    private static ECParameters Parameters(ReadOnlySpan<byte> point, byte[]? scalar) => new()
    {
        Curve = ECCurve.NamedCurves.nistP256,
        D = scalar,
        Q = new ECPoint { X = point[1..33].ToArray(), Y = point[33..].ToArray() },
    };

    private static byte[] Flipped(byte[] bytes, int at, byte flip)
    {
        byte[] flipped = [.. bytes];
        flipped[at] ^= flip;
        return flipped;
    }

    private delegate SecretMemory Opening(ReadOnlySpan<byte> envelope);

    private static void AssertRefused(Opening open, byte[] envelope, string what)
    {
        try
        {
            open(envelope).Dispose();
        }
        catch (KeyException refused)
        {
            Assert.Equal(KeyError.AesGcm256DecryptError, refused.Error);
            return;
        }

        Assert.Fail($"opened: {what}");
    }
}
