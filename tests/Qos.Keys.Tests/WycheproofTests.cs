using System.Buffers.Binary;
using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using System.Text.Json;

namespace Qos.Keys.Tests;

/// <summary>Project Wycheproof's cases, each through the code that the protocol uses.</summary>
public class WycheproofTests
{
    // What precedes the 65 bytes of an uncompressed point in a SubjectPublicKeyInfo of P-256.
    private static readonly byte[] s_keyInfo = Convert.FromHexString("3059301306072a8648ce3d020106082a8648ce3d030107034200");

    [Fact]
    public void Ecdsa_raw()
    {
        int run = Wycheproof.Run("ecdsa_secp256r1_sha256_p1363_test.json", (group, test) => Verify(group, test.Bytes("msg"), test.Bytes("sig")));
        Assert.Equal(262, run);
    }

    [Fact]
    public void Ecdsa_der()
    {
        int run = Wycheproof.Run(
            "ecdsa_secp256r1_sha256_test.json",
            (group, test) => TryToRaw(test.Bytes("sig"), out byte[] raw) && Verify(group, test.Bytes("msg"), raw));
        Assert.Equal(484, run);
    }

    [Fact]
    public void Ecdh_point()
    {
        int run = Wycheproof.Run("ecdh_secp256r1_ecpoint_test.json", (_, test) => Agrees(test, test.Bytes("public")));
        Assert.Equal(355, run);
    }

    [Fact]
    public void Ecdh_key_info()
    {
        int run = Wycheproof.Run("ecdh_secp256r1_test.json", (_, test) =>
        {
            byte[] info = test.Bytes("public");
            return info.AsSpan().StartsWith(s_keyInfo) && Agrees(test, info[s_keyInfo.Length..]);
        });
        Assert.Equal(612, run);
    }

    [Fact]
    public void Aes_gcm()
    {
        int run = Wycheproof.Run("aes_gcm_test.json", OpensAndSeals, applies: static group => HasOurSizes(group));
        Assert.Equal(66, run);
    }

    // The envelopes have keys of 256 bits and nonces of 96, so also a valid case of another size is refused, by its size and not by chance.
    [Fact]
    public void Aes_gcm_with_other_sizes()
    {
        int run = Wycheproof.Run(
            "aes_gcm_test.json",
            static (group, test) =>
            {
                if (test.Bytes("key").Length == 32)
                    Assert.False(OpensAndSeals(group, test));
                else
                    Assert.Throws<FormatException>(() => OpensAndSeals(group, test));
                return test.Text("result") == "valid";
            },
            applies: static group => !HasOurSizes(group));
        Assert.Equal(250, run);
    }

    [Fact]
    public void Hkdf_sha512()
    {
        int run = Wycheproof.Run("hkdf_sha512_test.json", (_, test) =>
        {
            byte[] output = new byte[test.GetProperty("size").GetInt32()];
            try
            {
                NSec.Cryptography.KeyDerivationAlgorithm.HkdfSha512.DeriveBytes(test.Bytes("ikm"), test.Bytes("salt"), test.Bytes("info"), output);
            }
            catch (ArgumentException)
            {
                return false;
            }

            return output.AsSpan().SequenceEqual(test.Bytes("okm"));
        });
        Assert.Equal(83, run);
    }

    // The envelopes' keys are made with the framework's HMAC-SHA512; the other one is its neighbour for P-384, and no code of ours uses it.
    [Theory]
    [InlineData("hmac_sha512_test.json")]
    [InlineData("hmac_sha384_test.json")]
    public void Hmac(string file)
    {
        int run = Wycheproof.Run(file, (group, test) =>
        {
            byte[] key = test.Bytes("key");
            byte[] message = test.Bytes("msg");
            byte[] tag = file.Contains("512", StringComparison.Ordinal) ? HMACSHA512.HashData(key, message) : HMACSHA384.HashData(key, message);
            return tag.AsSpan(0, group.GetProperty("tagSize").GetInt32() / 8).SequenceEqual(test.Bytes("tag"));
        });
        Assert.Equal(174, run);
    }

    private static bool HasOurSizes(JsonElement group) => group.GetProperty("keySize").GetInt32() == 256 && group.GetProperty("ivSize").GetInt32() == 96 && group.GetProperty("tagSize").GetInt32() == 128;

    private static bool Verify(JsonElement group, byte[] message, byte[] signature)
    {
        byte[] point = group.GetProperty("publicKey").Bytes("uncompressed");
        PublicKey key = PublicKey.Parse([.. point, .. point]);
        return key.Verify(message, signature);
    }

    private static bool TryToRaw(byte[] der, out byte[] raw)
    {
        raw = new byte[64];
        try
        {
            AsnReader reader = new(der, AsnEncodingRules.DER);
            AsnReader sequence = reader.ReadSequence();
            reader.ThrowIfNotEmpty();
            BigInteger r = sequence.ReadInteger();
            BigInteger s = sequence.ReadInteger();
            sequence.ThrowIfNotEmpty();
            return TryWrite(r, raw.AsSpan(0, 32)) && TryWrite(s, raw.AsSpan(32));
        }
        catch (AsnContentException)
        {
            return false;
        }
    }

    private static bool TryWrite(BigInteger number, Span<byte> destination)
    {
        if (number.Sign < 0 || number.GetByteCount(isUnsigned: true) > destination.Length)
            return false;

        byte[] bytes = number.ToByteArray(isUnsigned: true, isBigEndian: true);
        bytes.CopyTo(destination[(destination.Length - bytes.Length)..]);
        return true;
    }

    private static bool Agrees(JsonElement test, byte[] point)
    {
        byte[] scalar = new byte[32];
        Assert.True(TryWrite(new BigInteger(test.Bytes("private"), isUnsigned: true, isBigEndian: true), scalar));
        byte[] shared = new byte[32];
        return P256.TryAgree(scalar, point, shared) && shared.AsSpan().SequenceEqual(test.Bytes("shared"));
    }

    private static bool OpensAndSeals(JsonElement group, JsonElement test)
    {
        byte[] key = test.Bytes("key");
        byte[] nonce = test.Bytes("iv");
        byte[] associated = test.Bytes("aad");
        byte[] message = [.. test.Bytes("ct"), .. test.Bytes("tag")];
        byte[] tail = new byte[4 + message.Length];
        BinaryPrimitives.WriteInt32LittleEndian(tail, message.Length);
        message.CopyTo(tail, 4);
        try
        {
            using NSec.Cryptography.Key imported = Aes256Gcm.KeyOf(key);
            using SecretMemory plaintext = Aes256Gcm.Open(imported, nonce, tail, associated);
            byte[] again = new byte[Aes256Gcm.SealedSize(plaintext.Length)];
            Aes256Gcm.Seal(imported, nonce, plaintext.Span, associated, again);
            return plaintext.Span.SequenceEqual(test.Bytes("msg")) && again.AsSpan().SequenceEqual(tail);
        }
        catch (KeyException refused)
        {
            Assert.Equal(KeyError.AesGcm256DecryptError, refused.Error);
            return false;
        }
    }
}
