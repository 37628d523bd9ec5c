using Qos.Keys;
using Qos.Keys.Tests;

namespace Qos.Client.Tests;

public sealed class KeyFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("qos-keys-").FullName;

    [Theory]
    [InlineData(0x20, 0x41)]
    [InlineData(0x41, 0x0a)]
    [InlineData(0x41, 0x41)]
    public void Raw_bytes_are_told_whatever_they_begin_and_end_with(byte first, byte last)
    {
        string path = In("raw");
        byte[] seed = Enumerable.Repeat((byte)0xc3, 32).ToArray();
        (seed[0], seed[^1]) = (first, last);
        File.WriteAllBytes(path, seed);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        KeyException e = Assert.Throws<KeyException>(() => KeyFileFormat.ReadSecret(path, static () => throw new InvalidOperationException("no passphrase")));
        Assert.EndsWith("it holds 32 raw bytes; write them as hex.", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_secret_file_is_hex_and_for_its_owner_alone()
    {
        byte[] seed = new TestRandom(60).Bytes(32);
        using KeySet keys = KeySet.FromSeed(seed);
        string path = In("a.secret");
        KeyFileFormat.WriteSecret(path, keys);

        Assert.Equal(Convert.ToHexStringLower(seed), File.ReadAllText(path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Assert.False(KeyFileFormat.IsExposed(path));
        using KeySet again = KeyFileFormat.ReadSecret(path);
        Assert.Equal(keys.PublicKey, again.PublicKey);
        AssertNothingElseThan("a.secret");

        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.GroupRead);
        Assert.True(KeyFileFormat.IsExposed(path));
    }

    [Fact]
    public void A_public_file_is_hex()
    {
        using KeySet keys = KeySet.Generate(new TestRandom(61));
        KeyFileFormat.WritePublic(In("a.pub"), keys.PublicKey);
        Assert.Equal(keys.PublicKey.ToHex(), File.ReadAllText(In("a.pub")));
        Assert.Equal(keys.PublicKey, KeyFileFormat.ReadPublic(In("a.pub")));
        AssertNothingElseThan("a.pub");
    }

    [Fact]
    public void White_space_at_the_ends_is_accepted()
    {
        using KeySet keys = KeySet.FromSeed(new byte[32]);
        File.WriteAllText(In("a.secret"), $" \t\r\n{new string('0', 64)}\n\n ");
        File.WriteAllText(In("a.pub"), $"\n{keys.PublicKey.ToHex()}\r\n");
        using KeySet read = KeyFileFormat.ReadSecret(In("a.secret"));
        Assert.Equal(keys.PublicKey, read.PublicKey);
        Assert.Equal(keys.PublicKey, KeyFileFormat.ReadPublic(In("a.pub")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_exists_is_not_overwritten_unless_asked(bool asLink)
    {
        using KeySet keys = KeySet.Generate(new TestRandom(62));
        string path = In("a.secret");
        if (asLink)
            File.CreateSymbolicLink(path, In("elsewhere"));
        else
            File.WriteAllText(path, "precious");

        foreach (Action write in (Action[])[() => KeyFileFormat.WriteSecret(path, keys), () => KeyFileFormat.WritePublic(path, keys.PublicKey)])
        {
            KeyException refused = Assert.Throws<KeyException>(write);
            Assert.Equal(KeyError.IOError, refused.Error);
            Assert.Contains(path, refused.Message, StringComparison.Ordinal);
        }

        AssertNothingElseThan("a.secret");
        KeyFileFormat.WriteSecret(path, keys, overwrite: true);
        Assert.False(File.Exists(In("elsewhere")));
        using KeySet read = KeyFileFormat.ReadSecret(path);
        Assert.Equal(keys.PublicKey, read.PublicKey);
    }

    [Fact]
    public void A_file_that_appears_meanwhile_is_kept()
    {
        using KeySet keys = KeySet.Generate(new TestRandom(63));
        string path = In("a.secret");
        int written = 0;
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, _ =>
        {
            try
            {
                KeyFileFormat.WriteSecret(path, keys);
                Interlocked.Increment(ref written);
            }
            catch (KeyException refused)
            {
                Assert.Equal(KeyError.IOError, refused.Error);
            }
        });
        Assert.Equal(1, written);
        AssertNothingElseThan("a.secret");
    }

    [Theory]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("00000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("deadbeef 0000000000000000000000000000000000000000000000000000000")]
    [InlineData("deadbeefg0000000000000000000000000000000000000000000000000000000")]
    [InlineData("0xadbeef00000000000000000000000000000000000000000000000000000000")]
    public void A_file_that_holds_no_seed_is_refused_without_its_content(string content)
    {
        File.WriteAllText(In("bad"), content);
        KeyException refused = Assert.Throws<KeyException>(() => KeyFileFormat.ReadSecret(In("bad")));
        Assert.Equal(KeyError.InvalidMasterSeed, refused.Error);
        Assert.Contains(In("bad"), refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("beef", refused.ToString(), StringComparison.Ordinal);

        Assert.Equal(KeyError.FailedToReadPublicKey, Assert.Throws<KeyException>(() => KeyFileFormat.ReadPublic(In("bad"))).Error);
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_one_clear_line()
    {
        File.WriteAllText(In("long"), new string(' ', 5000) + new string('0', 64));
        foreach (string path in (string[])[In("missing"), In("no/such/folder"), _folder, In("long"), "/dev/zero"])
        {
            foreach (Action read in (Action[])[() => KeyFileFormat.ReadSecret(path), () => KeyFileFormat.ReadPublic(path)])
            {
                KeyException refused = Assert.Throws<KeyException>(read);
                Assert.Equal(KeyError.IOError, refused.Error);
                Assert.Contains(path, refused.Message, StringComparison.Ordinal);
                Assert.DoesNotContain('\n', refused.Message);
            }
        }
    }

    [Fact]
    public void A_folder_that_is_missing_is_one_clear_line()
    {
        using KeySet keys = KeySet.Generate(new TestRandom(64));
        KeyException refused = Assert.Throws<KeyException>(() => KeyFileFormat.WriteSecret(In("no/such.secret"), keys));
        Assert.Equal(KeyError.IOError, refused.Error);
        Assert.DoesNotContain('\n', refused.Message);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string In(string name) => Path.Combine(_folder, name);

    private void AssertNothingElseThan(string name) =>
        Assert.Equal([name], Directory.EnumerateFileSystemEntries(_folder).Select(Path.GetFileName));
}
