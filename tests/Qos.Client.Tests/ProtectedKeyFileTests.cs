using System.Text;
using Qos.Keys;
using Qos.Keys.Tests;

namespace Qos.Client.Tests;

public sealed class ProtectedKeyFileTests : IDisposable
{
    // The least that libsodium takes, so that many tries are quick.
    private const int Operations = 1;
    private const int MemoryKib = 8 * 1024;

    private readonly string _folder = Directory.CreateTempSubdirectory("qos-keys-").FullName;
    private readonly KeySet _keys = KeySet.Generate(new TestRandom(70));

    private string Path => System.IO.Path.Combine(_folder, "a.secret");

    [Fact]
    public void What_is_protected_opens_with_its_passphrase_alone()
    {
        Write("correct horse");
        Assert.True(ProtectedKeyFile.IsProtected(Path));
        Assert.False(KeyFileFormat.IsExposed(Path));
        Assert.Equal(_keys.PublicKey, ProtectedKeyFile.ReadPublicKey(Path));
        using KeySet opened = ProtectedKeyFile.Read(Path, "correct horse"u8);
        Assert.Equal(_keys.PublicKey, opened.PublicKey);

        foreach (string wrong in (string[])["", "correct hors", "correct horse ", "Correct horse"])
        {
            KeyException refused = Assert.Throws<KeyException>(() => ProtectedKeyFile.Read(Path, Encoding.UTF8.GetBytes(wrong)));
            Assert.Equal(KeyError.InvalidMasterSeed, refused.Error);
        }
    }

    [Fact]
    public void Default_cost_opens()
    {
        ProtectedKeyFile.Write(Path, _keys, "p"u8, SystemRandomSource.Instance);
        using KeySet opened = ProtectedKeyFile.Read(Path, "p"u8);
        Assert.Equal(_keys.PublicKey, opened.PublicKey);
    }

    [Fact]
    public void The_seed_is_not_in_the_file()
    {
        Write("p");
        using SecretMemory seed = _keys.ExportSeed();
        Assert.DoesNotContain(Convert.ToHexStringLower(seed.Span)[..8], File.ReadAllText(Path), StringComparison.Ordinal);
    }

    [Fact]
    public void A_plain_reader_says_that_a_passphrase_is_needed()
    {
        Write("p");
        KeyException refused = Assert.Throws<KeyException>(() => KeyFileFormat.ReadSecret(Path));
        Assert.Contains("passphrase", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_plain_file_is_not_taken_for_a_protected_one()
    {
        KeyFileFormat.WriteSecret(Path, _keys);
        Assert.False(ProtectedKeyFile.IsProtected(Path));
        KeyException refused = Assert.Throws<KeyException>(() => ProtectedKeyFile.Read(Path, "p"u8));
        Assert.Equal(KeyError.InvalidMasterSeed, refused.Error);
    }

    [Fact]
    public void An_empty_passphrase_and_an_existing_file_are_refused()
    {
        Assert.Throws<KeyException>(() => ProtectedKeyFile.Write(Path, _keys, default, SystemRandomSource.Instance));
        Assert.False(File.Exists(Path));
        Write("p");
        Assert.Equal(KeyError.IOError, Assert.Throws<KeyException>(() => Write("q")).Error);
    }

    [Fact]
    public void Changed_characters_are_refused()
    {
        Write("p");
        byte[] content = File.ReadAllBytes(Path);

        // Every seventh position reaches each line of the file; all of them would take minutes of Argon2id.
        for (int i = 0; i < content.Length; i += 7)
        {
            byte[] changed = [.. content];
            changed[i] = (byte)(changed[i] == '1' ? '2' : '1');
            File.WriteAllBytes(Path, changed);
            KeyException refused = Assert.Throws<KeyException>(() => ProtectedKeyFile.Read(Path, "p"u8));
            Assert.Equal(KeyError.InvalidMasterSeed, refused.Error);
        }
    }

    [Theory]
    [InlineData("argon2id 1 8192", "argon2id 17 8192")]
    [InlineData("argon2id 1 8192", "argon2id 0 8192")]
    [InlineData("argon2id 1 8192", "argon2id 1 1048577")]
    [InlineData("argon2id 1 8192", "argon2id 1 99999999999999999999")]
    [InlineData("argon2id 1 8192", "argon2id 1 -8192")]
    [InlineData("argon2id 1 8192", "argon2id 01 8192")]
    [InlineData("argon2id 1 8192", "argon2i 1 8192")]
    [InlineData("-v1", "-v2")]
    [InlineData("\n", "\r\n")]
    [InlineData("public-key 04", "public-key 05")]
    public void A_header_outside_its_form_or_limits_is_refused_before_any_work(string from, string to)
    {
        Write("p");
        string text = File.ReadAllText(Path);
        Assert.Contains(from, text, StringComparison.Ordinal);
        File.WriteAllText(Path, text.Replace(from, to, StringComparison.Ordinal));
        KeyException refused = Assert.Throws<KeyException>(() => ProtectedKeyFile.ReadPublicKey(Path));
        Assert.Equal(KeyError.InvalidMasterSeed, refused.Error);
    }

    public void Dispose()
    {
        _keys.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private void Write(string passphrase) => ProtectedKeyFile.Write(
        Path, _keys, Encoding.UTF8.GetBytes(passphrase), new TestRandom(71), overwrite: false, Operations, MemoryKib);
}
