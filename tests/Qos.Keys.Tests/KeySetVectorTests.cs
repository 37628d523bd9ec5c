using System.Text;
using System.Text.Json;
using Qos.Vectors;

namespace Qos.Keys.Tests;

/// <summary>Key sets, envelopes and signatures that the reference made.</summary>
public class KeySetVectorTests
{
    public static TheoryData<int> Generated
    {
        get
        {
            TheoryData<int> indices = [];
            for (int i = 0; i < GeneratedVectors().RootElement.GetArrayLength(); i++)
                indices.Add(i);
            return indices;
        }
    }

    [Theory]
    [MemberData(nameof(Generated))]
    public void Generated_set_derives_signs_and_decrypts(int index)
    {
        JsonElement vector = GeneratedVectors().RootElement[index];
        byte[] message = vector.Bytes("message");
        using KeySet keys = KeySet.FromSeed(vector.Bytes("seed"));

        Assert.Equal(vector.Text("public"), keys.PublicKey.ToHex());
        Assert.Equal(vector.Text("signature"), Convert.ToHexStringLower(keys.Sign(message)));
        Assert.True(keys.PublicKey.Verify(message, vector.Bytes("signature")));

        using SecretMemory opened = keys.Decrypt(vector.Bytes("ciphertext_to_public"));
        Assert.Equal(message, opened.Span.ToArray());
        using SecretMemory atRest = keys.DecryptSymmetric(vector.Bytes("aes_ciphertext"));
        Assert.Equal(message, atRest.Span.ToArray());
    }

    [Theory]
    [MemberData(nameof(Generated))]
    public void Generated_secrets_are_those_of_hkdf(int index)
    {
        JsonElement vector = GeneratedVectors().RootElement[index];
        (string Path, string Member)[] secrets =
            [("qos_p256_encrypt", "encrypt_secret"), ("qos_p256_sign", "sign_secret"), ("qos_aes_gcm_encrypt", "aes_secret")];
        foreach ((string path, string member) in secrets)
        {
            byte[] derived = new byte[32];
            NSec.Cryptography.KeyDerivationAlgorithm.HkdfSha512.DeriveBytes(vector.Bytes("seed"), Encoding.ASCII.GetBytes(path), default, derived);
            Assert.Equal(vector.Text(member), Convert.ToHexStringLower(derived));
        }
    }

    [Theory]
    [MemberData(nameof(Generated))]
    public void Generated_symmetric_envelope_is_made_again_from_its_nonce(int index)
    {
        JsonElement vector = GeneratedVectors().RootElement[index];
        byte[] envelope = vector.Bytes("aes_ciphertext");
        using KeySet keys = KeySet.FromSeed(vector.Bytes("seed"));

        byte[] again = keys.EncryptSymmetric(vector.Bytes("message"), new ScriptedRandom(envelope[..12]));

        Assert.Equal(vector.Text("aes_ciphertext"), Convert.ToHexStringLower(again));
    }

    [Fact]
    public void Golden_signature_is_reproduced()
    {
        JsonElement vectors = JsonDocument.Parse(VectorFiles.Bytes("qos", "p256_golden_signature.json")).RootElement;
        Assert.NotEmpty(vectors.EnumerateArray());
        foreach (JsonElement vector in vectors.EnumerateArray())
        {
            using KeySet keys = KeySet.FromHex(VectorFiles.Bytes("qos", vector.Text("seed_file")));
            byte[] data = Encoding.UTF8.GetBytes(vector.Text("data_utf8"));
            Assert.Equal(vector.Text("signature"), Convert.ToHexStringLower(keys.Sign(data)));
        }
    }

    [Fact]
    public void Golden_key_files_belong_together()
    {
        using KeySet keys = KeySet.FromHex(VectorFiles.Bytes("qos", "golden", "primary.secret"));
        Assert.Equal(PublicKey.ParseHex(VectorFiles.Text("qos", "golden", "primary.pub").Trim()), keys.PublicKey);
    }

    [Theory]
    [InlineData("user1")]
    [InlineData("user2")]
    [InlineData("user3")]
    public void Mock_members_key_files_belong_together(string member)
    {
        string folder = VectorFiles.PathOf("qos", "integration-mock", "boot-e2e", "all-personal-dir", $"{member}-dir");
        using KeySet keys = KeySet.FromHex(File.ReadAllBytes(Path.Combine(folder, $"{member}.secret")));
        Assert.Equal(PublicKey.ParseHex(File.ReadAllText(Path.Combine(folder, $"{member}.pub")).Trim()), keys.PublicKey);
        foreach (string set in (string[])["manifest-set", "share-set"])
            Assert.Equal(PublicKey.ParseHex(VectorFiles.Text("qos", "integration-mock", "keys", set, $"{member}.pub").Trim()), keys.PublicKey);
    }

    // Nothing says what belongs to these; they are files that the reference reads as they are, with or without white space.
    [Theory]
    [InlineData("integration-mock/ephemeral_seed.secret.keep")]
    [InlineData("tvc/seed.hex")]
    public void Other_secret_files_are_read(string file)
    {
        string path = VectorFiles.PathOf(["qos", .. file.Split('/')]);
        using KeySet keys = KeySet.FromHex(File.ReadAllBytes(path));
        using KeySet same = KeySet.FromSeed(Convert.FromHexString(File.ReadAllText(path).Trim()));
        Assert.Equal(same.PublicKey, keys.PublicKey);
    }

    [Fact]
    public void Mock_recovery_key_files_belong_together()
    {
        using KeySet keys = KeySet.FromHex(VectorFiles.Bytes("qos", "integration-mock", "mock_p256_dr.secret.keep"));
        Assert.Equal(PublicKey.ParseHex(VectorFiles.Text("qos", "integration-mock", "mock_p256_dr.pub").Trim()), keys.PublicKey);
    }

    [Theory]
    [InlineData("evm-parser")]
    [InlineData("tls-fetcher")]
    [InlineData("deploy-test")]
    public void Preproduction_share_opens_and_gives_the_quorum_key(string application)
    {
        using KeySet member = KeySet.FromHex(VectorFiles.Bytes("qos", "preprod", "old_dev.secret.keep"));
        using SecretMemory share = member.Decrypt(VectorFiles.Bytes("qos", "preprod", application, "old_dev.share.keep"));
        using SecretMemory seed = Shamir.Reconstruct([share]);
        using KeySet quorum = KeySet.FromSeed(seed.Span);

        Assert.Equal(PublicKey.ParseHex(VectorFiles.Text("qos", "preprod", application, "quorum_key.pub").Trim()), quorum.PublicKey);
    }

    [Fact]
    public void Mock_shares_give_the_quorum_key_that_the_recovery_key_opens()
    {
        List<SecretMemory> shares = [];
        foreach (string name in (string[])["user1", "user2", "user3"])
        {
            string folder = VectorFiles.PathOf("qos", "integration-mock", "boot-e2e", "all-personal-dir", $"{name}-dir");
            using KeySet member = KeySet.FromHex(File.ReadAllBytes(Path.Combine(folder, $"{name}.secret")));
            shares.Add(member.Decrypt(File.ReadAllBytes(Path.Combine(folder, $"{name}.share"))));
        }

        using SecretMemory seed = Shamir.Reconstruct(shares);
        using KeySet quorum = KeySet.FromSeed(seed.Span);
        PublicKey expected = PublicKey.ParseHex(VectorFiles.Text("qos", "integration-mock", "namespaces", "quit-coding-to-vape", "quorum_key.pub").Trim());
        Assert.Equal(expected, quorum.PublicKey);
    }

    private static JsonDocument GeneratedVectors() => JsonDocument.Parse(VectorFiles.Bytes("qos", "reference_generated", "p256.json"));
}
