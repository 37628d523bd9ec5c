using System.Text.Json;
using Qos.Vectors;

namespace Qos.Compat.Tests;

/// <summary>Keys, signatures, envelopes and shares of the reference, through the reference's command lines.</summary>
public sealed class KeyTests : IDisposable
{
    private readonly ClientFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_golden_signature_comes_out_and_verifies()
    {
        using var vectors = JsonDocument.Parse(VectorFiles.Bytes("qos", "p256_golden_signature.json"));
        JsonElement vector = vectors.RootElement[0];
        _folder.Write("data", vector.GetProperty("data_utf8").GetString()!);
        await _folder.DoAsync("p256-sign --payload-path @data --signature-path @signature --master-seed-path %golden/primary.secret");
        Assert.Equal(vector.GetProperty("signature").GetString(), File.ReadAllText(_folder["signature"]));
        Assert.Equal("Valid signature!\n", await _folder.DoAsync("p256-verify --payload-path @data --signature-path @signature --pub-path %golden/primary.pub"));
        _folder.Write("data", "other data");
        await _folder.RefusedAsync("p256-verify --payload-path @data --signature-path @signature --pub-path %golden/primary.pub");
    }

    [Fact]
    public async Task Old_shares_give_the_secret_back()
    {
        using var vectors = JsonDocument.Parse(VectorFiles.Bytes("qos", "shamir.json"));
        JsonElement vector = vectors.RootElement[0];
        string[] shares = [.. vector.GetProperty("shares").EnumerateArray().Select(static share => share.GetString()!)];
        File.WriteAllBytes(_folder["1.share"], Convert.FromHexString(shares[0]));
        File.WriteAllBytes(_folder["3.share"], Convert.FromHexString(shares[2]));
        await _folder.DoAsync("shamir-reconstruct --share @3.share --share @1.share --output-path @secret");
        Assert.Equal(vector.GetProperty("secret_utf8").GetString(), File.ReadAllText(_folder["secret"]));
        Assert.Contains("exists already", await _folder.RefusedAsync("shamir-reconstruct --share @3.share --share @1.share --output-path @secret"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shares_are_written_for_their_owner_alone()
    {
        _folder.Write("secret", "a secret");
        Directory.CreateDirectory(_folder["shares"]);
        string output = await _folder.DoAsync("shamir-split --secret-path @secret --total-shares 3 --threshold 2 --output-dir @shares");
        Assert.StartsWith($"1.share written to: {_folder["shares/1.share"]}\n", output, StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder["shares/3.share"]));
        await _folder.DoAsync("shamir-reconstruct --share @shares/2.share --share @shares/3.share --output-path @back");
        Assert.Equal("a secret", File.ReadAllText(_folder["back"]));
    }

    [Fact]
    public async Task Keys_are_made_and_what_is_encrypted_to_them_opens()
    {
        string output = await _folder.DoAsync("generate-file-key --master-seed-path @a.secret --pub-path @a.pub");
        Assert.Equal($"Master Seed written to: {_folder["a.secret"]}\nFile Key Public written to: {_folder["a.pub"]}\n", output);
        _folder.Write("note", "a note");
        await _folder.DoAsync("p256-asymmetric-encrypt --plaintext-path @note --ciphertext-path @note.envelope --pub-path @a.pub");
        await _folder.DoAsync("p256-asymmetric-decrypt --plaintext-path @back --ciphertext-path @note.envelope --master-seed-path @a.secret");
        Assert.Equal("a note", File.ReadAllText(_folder["back"]));
        await _folder.DoAsync("p256-asymmetric-decrypt --plaintext-path @hex --ciphertext-path @note.envelope --master-seed-path @a.secret --output-hex");
        Assert.Equal("61206e6f7465", File.ReadAllText(_folder["hex"]));
        Assert.Contains("exists already", await _folder.RefusedAsync("generate-file-key --master-seed-path @a.secret --pub-path @a.pub"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("evm-parser")]
    [InlineData("tls-fetcher")]
    [InlineData("deploy-test")]
    public async Task Shares_of_one_holder_open(string name)
    {
        await _folder.DoAsync(
            $"p256-asymmetric-decrypt --plaintext-path @share --ciphertext-path %preprod/{name}/old_dev.share.keep --master-seed-path %preprod/old_dev.secret.keep");
        await _folder.DoAsync("shamir-reconstruct --share @share --output-path @seed");
        File.WriteAllText(_folder["quorum.secret"], Convert.ToHexStringLower(_folder.Bytes("seed")));
        Assert.Equal(VectorFiles.Text("qos", "preprod", name, "quorum_key.pub").Trim(), Client.KeySource.ReadPublicOf(_folder["quorum.secret"]).ToHex());
    }

    [Fact]
    public async Task A_member_takes_the_share_of_a_genesis_of_the_reference()
    {
        foreach (string user in (string[])["user1", "user2", "user3"])
        {
            string home = $"%integration-mock/boot-e2e/all-personal-dir/{user}-dir/{user}";
            await _folder.DoAsync(
                $"after-genesis --secret-path {home}.secret --share-path @{user}.share --alias {user} --namespace-dir %integration-mock/boot-e2e/genesis-dir"
                + " --qos-release-dir %integration-mock/dist --pcr3-preimage-path %integration-mock/no-such-file --unsafe-skip-attestation");
            Assert.Equal(File.ReadAllBytes(ClientFolder.Vector($"{home[1..]}.share")), _folder.Bytes($"{user}.share"));
        }
    }

    [Fact]
    public async Task A_document_that_attests_another_genesis_is_refused_unless_that_is_skipped() => Assert.Contains(
        "refused at",
        await _folder.RefusedAsync(
            "after-genesis --secret-path %integration-mock/boot-e2e/all-personal-dir/user1-dir/user1.secret --share-path @share --alias user1"
            + " --namespace-dir %integration-mock/boot-e2e/genesis-dir --qos-release-dir %integration-mock/dist"
            + " --pcr3-preimage-path %integration-mock/namespaces/pcr3-preimage.txt"),
        StringComparison.Ordinal);

    [Fact]
    public async Task The_seed_of_disaster_recovery_verifies()
    {
        await _folder.DoAsync(
            "p256-asymmetric-decrypt --plaintext-path @seed --ciphertext-path %integration-mock/boot-e2e/genesis-dir/dr_wrapped_quorum_key"
            + " --master-seed-path %integration-mock/mock_p256_dr.secret.keep --output-hex");
        Assert.EndsWith(
            "verify-genesis successful\n",
            await _folder.DoAsync("verify-genesis --namespace-dir %integration-mock/boot-e2e/genesis-dir --master-seed-path @seed"),
            StringComparison.Ordinal);
        await _folder.RefusedAsync("verify-genesis --namespace-dir %integration-mock/boot-e2e/genesis-dir --master-seed-path %golden/primary.secret");
    }

    [Fact]
    public async Task A_secret_under_a_passphrase_opens_with_it_or_says_what_opens_it()
    {
        const string Home = "%integration-mock/boot-e2e/all-personal-dir/user1-dir/user1";
        using (Keys.KeySet key = Client.KeySource.ReadSecret(ClientFolder.Vector(Home[1..] + ".secret")))
        using (Keys.SecretMemory passphrase = Keys.SecretMemory.CopyOf("open sesame"u8))
        {
            Client.KeySource.WriteNew(_folder["protected.secret"], key, passphrase);
        }

        string line = "after-genesis --secret-path @protected.secret --share-path @share --alias user1 --namespace-dir"
            + " %integration-mock/boot-e2e/genesis-dir --qos-release-dir @none --pcr3-preimage-path @none --unsafe-skip-attestation";
        Assert.Contains("--current-pin-path", await _folder.RefusedAsync(line), StringComparison.Ordinal);
        _folder.Write("passphrase", "open barley\n");
        Assert.Contains("passphrase", await _folder.RefusedAsync(line + " --current-pin-path @passphrase"), StringComparison.Ordinal);
        _folder.Write("passphrase", "open sesame\nand nothing else");
        await _folder.DoAsync(line + " --current-pin-path @passphrase");
        Assert.Equal(File.ReadAllBytes(ClientFolder.Vector(Home[1..] + ".share")), _folder.Bytes("share"));

        _folder.Write("data", "data");
        Assert.Contains(
            "'qos key sign'",
            await _folder.RefusedAsync("p256-sign --payload-path @data --signature-path @signature --master-seed-path @protected.secret"),
            StringComparison.Ordinal);
        Assert.False(File.Exists(_folder["signature"]));
    }
}
