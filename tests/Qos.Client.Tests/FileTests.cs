using System.Security.Cryptography;
using System.Text;
using Qos.Keys;
using Qos.Native;
using Qos.Nsm;
using Qos.Vectors;
using Tmds.Linux;

namespace Qos.Client.Tests;

/// <summary>The files of a ceremony: complete or not at all, bounded, and with the path in every complaint.</summary>
public sealed class FileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_binary_that_does_not_end_is_refused()
    {
        CeremonyException e = Assert.Throws<CeremonyException>(() => PivotFile.Hash("/dev/zero"));
        Assert.StartsWith("/dev/zero: more than 134217728 bytes", e.Message, StringComparison.Ordinal);
        Assert.Equal(System.Security.Cryptography.SHA256.HashData("app"u8), PivotFile.Hash(_folder.Write("app", "app")));
    }

    [Fact]
    public void Of_many_writers_of_one_file_one_wins_and_the_others_are_refused()
    {
        using var folder = new TemporaryFolder();
        for (int round = 0; round < 20; round++)
        {
            string path = Path.Combine(folder.Path, $"{round}");
            var winners = new System.Collections.Concurrent.ConcurrentBag<byte>();
            Parallel.For(0, 8, writer =>
            {
                try
                {
                    OutputFile.Write(path, [(byte)writer]);
                    winners.Add((byte)writer);
                }
                catch (CeremonyException e)
                {
                    Assert.Contains("exists already", e.Message, StringComparison.Ordinal);
                }
            });
            Assert.Equal([Assert.Single(winners)], File.ReadAllBytes(path));
        }

        Assert.Equal(20, Directory.GetFileSystemEntries(folder.Path).Length);
    }

    [Fact]
    public void A_file_without_end_is_read_to_the_limit_and_refused()
    {
        CeremonyException refused = Assert.Throws<CeremonyException>(() => InputFile.Bytes("/dev/zero"));
        Assert.Equal($"/dev/zero: more than {InputFile.MaxBytes} bytes are too many.", refused.Message);
        Assert.Empty(InputFile.Bytes("/dev/null"));
        Assert.NotEmpty(InputFile.Bytes("/proc/self/status"));
    }

    [Fact]
    public void A_file_is_never_written_over_unless_that_was_asked_for()
    {
        string path = _folder["out"];
        OutputFile.Write(path, "first"u8);
        CeremonyException refused = Assert.Throws<CeremonyException>(() => OutputFile.Write(path, "second"u8));
        Assert.StartsWith(path, refused.Message, StringComparison.Ordinal);
        Assert.Equal("first", File.ReadAllText(path));
        OutputFile.Write(path, "third"u8, overwrite: true);
        Assert.Equal("third", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void A_descriptor_is_written_into_and_nothing_takes_its_place()
    {
        using var target = new FileStream(_folder["target"], FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite);
        string path = $"/proc/self/fd/{target.SafeFileHandle.DangerousGetHandle()}";
        OutputFile.RequireFree(path);
        OutputFile.Write(path, "one "u8);
        OutputFile.Write(path, "two"u8, overwrite: true, ownerOnly: true);
        Assert.Equal("one two", File.ReadAllText(_folder["target"]));
    }

    [Fact]
    public void A_folder_is_said_to_be_one()
    {
        foreach (Action reading in (Action[])[() => InputFile.Bytes(_folder.Path), () => PivotFile.Hash(_folder.Path), () => SecretFile.Read(_folder.Path).Dispose()])
            Assert.Equal($"{_folder.Path} is a folder; name a file in it.", Assert.Throws<CeremonyException>(reading).Message);
    }

    [Fact]
    public void A_file_for_its_owner_is_readable_for_nobody_else()
    {
        OutputFile.Write(_folder["mine"], "x"u8, ownerOnly: true);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder["mine"]));
    }

    [Fact]
    public void A_path_that_cannot_be_written_is_one_line_and_leaves_nothing()
    {
        string file = _folder.Write("file", "");
        CeremonyException refused = Assert.Throws<CeremonyException>(() => OutputFile.Write(Path.Combine(file, "below"), "x"u8));
        Assert.DoesNotContain('\n', refused.Message);
        Assert.Single(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void A_trust_anchor_is_read_from_pem_and_from_der()
    {
        byte[] fromPem = TrustAnchorFile.Read(VectorFiles.PathOf("qos", "aws_root_cert.pem"));
        Assert.Equal(AwsRoot.Der.ToArray(), fromPem);
        File.WriteAllBytes(_folder["root.der"], fromPem);
        Assert.Equal(fromPem, TrustAnchorFile.Read(_folder["root.der"]));
    }

    [Fact]
    public void Two_certificates_are_not_one_root()
    {
        string pem = VectorFiles.Text("qos", "aws_root_cert.pem");
        string path = _folder.Write("two.pem", pem + "\n" + pem);
        Assert.Contains("more than one", Assert.Throws<CeremonyException>(() => TrustAnchorFile.Read(path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAA")]
    public void What_is_no_certificate_is_refused(string text)
    {
        string path = _folder.Write("root.pem", text);
        Assert.StartsWith(path, Assert.Throws<CeremonyException>(() => TrustAnchorFile.Read(path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("passphrase\n", "passphrase")]
    [InlineData("passphrase\r\nrest", "passphrase")]
    [InlineData("ohne Ende ü", "ohne Ende ü")]
    public void A_passphrase_is_the_first_line_of_a_descriptor(string content, string expected)
    {
        using SecretMemory passphrase = PassphraseDescriptor.Read(Descriptor(content));
        Assert.Equal(expected, Encoding.UTF8.GetString(passphrase.Span));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(PassphraseDescriptor.MaxBytes + 1)]
    [InlineData(100_000)]
    public void No_passphrase_and_a_giant_one_are_refused(int length) =>
        Assert.Throws<CeremonyException>(() => PassphraseDescriptor.Read(Descriptor(new string('a', length))));

    [Fact]
    public void A_descriptor_that_this_process_opened_itself_is_nobodys_passphrase()
    {
        using FileStream own = File.OpenRead(_folder.Write("own", "not the passphrase"));
        int descriptor = (int)own.SafeFileHandle.DangerousGetHandle();
        string refusal = Assert.Throws<CeremonyException>(() => PassphraseDescriptor.Read(descriptor)).Message;
        Assert.Contains($"from descriptor {descriptor}: none of that number was passed", refusal, StringComparison.Ordinal);
        Assert.Equal('n', own.ReadByte());
        Assert.Throws<CeremonyException>(() => PassphraseDescriptor.Read(int.MaxValue));
    }

    [Fact]
    public void Shares_in_files_give_the_secret_back_and_are_never_written_over()
    {
        byte[] secret = RandomNumberGenerator.GetBytes(64);
        using SecretMemory memory = SecretMemory.CopyOf(secret);
        IReadOnlyList<string> paths = SecretFile.WriteShares(_folder["shares"], memory, 5, 3, SystemRandomSource.Instance);
        using SecretMemory again = SecretFile.Combine([paths[4], paths[0], paths[2]]);
        Assert.Equal(secret, again.Span.ToArray());

        byte[] third = File.ReadAllBytes(paths[2]);
        File.Delete(paths[0]);
        Assert.Throws<CeremonyException>(() => SecretFile.WriteShares(_folder["shares"], memory, 5, 3, SystemRandomSource.Instance));
        Assert.False(File.Exists(paths[0]), "a share of another splitting lies beside the old ones");
        Assert.Equal(third, File.ReadAllBytes(paths[2]));
    }

    [Fact]
    public void The_public_key_of_every_kind_of_key_file_is_read()
    {
        using KeySet key = KeySet.Generate(SystemRandomSource.Instance);
        using SecretMemory passphrase = SecretMemory.CopyOf("a passphrase"u8);
        KeySource.WriteNew(_folder["plain"], key, null);
        KeySource.WriteNew(_folder["protected"], key, passphrase);
        KeySource.WritePublic(_folder["public"], key.PublicKey);
        Assert.All(["plain", "protected", "public"], name => Assert.Equal(key.PublicKey, KeySource.ReadPublicOf(_folder[name])));
    }

    // As one that was passed on starting the program: open, nobody's, and not closed on exec.
    private int Descriptor(string content)
    {
        using FileStream file = File.OpenRead(_folder.Write("passphrase", content));
        int descriptor = (int)file.SafeFileHandle.DangerousGetHandle();
        file.SafeFileHandle.SetHandleAsInvalid();
        Assert.Equal(0, LibC.fcntl(descriptor, LibC.F_SETFD, 0));
        return descriptor;
    }
}
