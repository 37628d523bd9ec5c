using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Qos.Keys;
using Qos.Keys.Tests;
using Qos.Vectors;

namespace Qos.Client.Tests;

/// <summary>Key files with anything in them. Format: docs/protocol/keys.md, Key set.</summary>
public sealed class KeyFilePropertyTests : IDisposable
{
    private static readonly string s_seed = VectorFiles.Text("qos", "golden", "primary.secret").Trim();
    private static readonly string s_public = VectorFiles.Text("qos", "golden", "primary.pub").Trim();

    private readonly string _folder = Directory.CreateTempSubdirectory("qos-keys-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Any_seed_comes_back_from_its_file_whatever_white_space_is_around_it()
    {
        Prop.ForAll<int, bool, int[]>((seed, isUpper, white) =>
        {
            string path = Path.Combine(_folder, "secret");
            using KeySet keys = KeySet.Generate(new TestRandom(seed));
            KeyFileFormat.WriteSecret(path, keys, overwrite: true);
            string digits = File.ReadAllText(path);
            string space = string.Concat(white.Select(static one => " \t\r\n"[(int)((uint)one % 4)]));
            File.WriteAllText(path, space + (isUpper ? digits.ToUpperInvariant() : digits) + space);
            using KeySet read = KeyFileFormat.ReadSecret(path);
            Assert.Equal(keys.PublicKey, read.PublicKey);
            using SecretMemory before = keys.ExportSeed();
            using SecretMemory after = read.ExportSeed();
            Assert.Equal(Convert.ToHexString(before.Span), Convert.ToHexString(after.Span));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Any_text_is_a_seed_or_refused_without_being_told() => ForTexts([s_seed, s_seed[..32], s_seed[..1], "\n", " ", "g", "\0", "é", ""], text =>
    {
        string path = Path.Combine(_folder, "secret");
        File.WriteAllText(path, text);
        try
        {
            using KeySet keys = KeyFileFormat.ReadSecret(path);
            Assert.Equal(64, text.Trim().Length);
        }
        catch (KeyException refused)
        {
            Assert.Equal(Encoding.UTF8.GetByteCount(text) >= KeyFileFormat.MaxFileSize ? KeyError.IOError : KeyError.InvalidMasterSeed, refused.Error);
            Assert.DoesNotContain(s_seed[..16], refused.ToString(), StringComparison.Ordinal);
        }
    });

    [Fact]
    public void Any_text_is_a_public_key_or_refused() => ForTexts([s_public, s_public[..130], s_public[130..], "04", "\n", " ", "g", "\0", "é"], text =>
    {
        string path = Path.Combine(_folder, "public");
        File.WriteAllText(path, text);
        Assert.Equal(IsRead(() => KeyFileFormat.ReadPublic(path)), IsRead(() => PublicKey.ParseHex(text.Trim())));
    });

    [Fact]
    public void Any_bytes_are_a_public_key_or_none()
    {
        byte[] key = Convert.FromHexString(s_public);
        Prop.ForAll<byte[], int, byte>((bytes, at, value) =>
        {
            byte[] changed = [.. key];
            changed[(int)((uint)at % changed.Length)] = value;
            foreach (byte[] input in (byte[][])[bytes, changed, [.. key, .. bytes], key[..(int)((uint)at % key.Length)]])
            {
                bool isKey = PublicKey.TryParse(input, out PublicKey? parsed);
                Assert.Equal(isKey, IsRead(() => PublicKey.Parse(input)));
                Assert.Equal(isKey ? Convert.ToHexStringLower(input) : null, parsed?.ToHex());
            }
        }).QuickCheckThrowOnFailure();
    }

    private static bool IsRead(Func<PublicKey> read)
    {
        try
        {
            _ = read();
            return true;
        }
        catch (KeyException)
        {
            return false;
        }
    }

    private static void ForTexts(string[] pieces, Action<string> check) => Prop.ForAll<int[]>(
        choices => check(string.Concat(choices.Select(choice => pieces[(int)((uint)choice % pieces.Length)])))).QuickCheckThrowOnFailure();
}
