using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;
using Qos.Serialization;

namespace Qos.Client.Tests;

/// <summary>Format: docs/protocol/proofs.md, Bundle.</summary>
public sealed class ProofBundleTests
{
    [Fact]
    public void The_same_files_make_the_same_bytes_and_are_read_again()
    {
        byte[] archive = Bundle().Write();
        Assert.Equal(archive, Bundle().Write());
        ProofBundle read = ProofBundle.Read(archive);
        Assert.Equal(["b", "folder/a"], read.Files.Keys);
        Assert.Equal(new byte[] { 1, 2, 3 }, read.Files["folder/a"]);
        // Nothing of this machine or of this day is in it.
        using var tar = new TarReader(new MemoryStream(archive));
        while (tar.GetNextEntry() is { } entry)
        {
            Assert.Equal(DateTimeOffset.UnixEpoch, entry.ModificationTime);
            Assert.Equal((0, 0, ""), (entry.Uid, entry.Gid, ((UstarTarEntry)entry).UserName));
        }
    }

    [Theory]
    [InlineData("../a")]
    [InlineData("/a")]
    [InlineData("a/../b")]
    [InlineData("a//b")]
    [InlineData("a/")]
    [InlineData("")]
    [InlineData(".hidden")]
    [InlineData("a/b/c/d")]
    [InlineData("a b")]
    [InlineData("a\\b")]
    public void A_name_that_could_leave_its_folder_is_neither_written_nor_read(string name)
    {
        Assert.Throws<CeremonyException>(() => new ProofBundle().Add(name, []));
        if (name.Length > 0)
            Assert.Throws<EncodingException>(() => ProofBundle.Read(Tar((name, "x"), (ProofBundle.IndexName, Index((name, "x"))))));
    }

    [Fact]
    public void What_the_index_does_not_say_is_refused()
    {
        string index = Index(("a", "x"));
        Assert.Equal(["a"], ProofBundle.Read(Tar((ProofBundle.IndexName, index), ("a", "x"))).Files.Keys);
        Refuse(Tar(("a", "x")));
        Refuse(Tar((ProofBundle.IndexName, index)));
        Refuse(Tar((ProofBundle.IndexName, index), ("a", "y")));
        Refuse(Tar((ProofBundle.IndexName, index), ("a", "x"), ("b", "x")));
        Refuse(Tar((ProofBundle.IndexName, index), ("a", "x"), ("a", "x")));
        Refuse(Tar((ProofBundle.IndexName, index), (ProofBundle.IndexName, index), ("a", "x")));
        Refuse(Tar((ProofBundle.IndexName, index.Replace("v1", "v2", StringComparison.Ordinal)), ("a", "x")));
        Refuse(Tar((ProofBundle.IndexName, index.Replace("\"history\":[]", "\"history\":[\"../x\"]", StringComparison.Ordinal)), ("a", "x")));
        Refuse(Tar((ProofBundle.IndexName, index + "x"), ("a", "x")));
        Refuse(Encoding.ASCII.GetBytes("no archive"));
        Refuse([]);
        Refuse(Link());
    }

    [Fact]
    public void Mutated_archives_are_refused_or_mean_the_same()
    {
        byte[] archive = Bundle().Write();
        var random = new Random(5);
        for (int i = 0; i < 2000; i++)
        {
            byte[] mutant = [.. archive];
            mutant[random.Next(mutant.Length)] ^= (byte)(1 << random.Next(8));
            if (i % 3 == 0)
                mutant = mutant[..random.Next(mutant.Length)];
            try
            {
                // Times, modes and padding may change; names and bytes may not.
                Assert.Equal(new byte[] { 1, 2, 3 }, ProofBundle.Read(mutant).Files["folder/a"]);
            }
            catch (EncodingException)
            {
                // Refused, with a reason.
            }
        }
    }

    private static ProofBundle Bundle()
    {
        var bundle = new ProofBundle();
        bundle.Add("folder/a", [1, 2, 3]);
        bundle.Add("b", []);
        return bundle;
    }

    private static void Refuse(byte[] archive) => Assert.Throws<EncodingException>(() => ProofBundle.Read(archive));

    private static string Index(params (string Name, string Text)[] files)
    {
        string listed = string.Join(',', files.Select(static file => $"\"{file.Name.Replace("\\", "\\\\", StringComparison.Ordinal)}\":\"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(file.Text)))}\""));
        return $$"""{"files":{{{listed}}},"history":[],"version":"qos-bundle-v1"}""";
    }

    private static byte[] Tar(params (string Name, string Text)[] files)
    {
        using var stream = new MemoryStream();
        using (var tar = new TarWriter(stream, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach ((string name, string text) in files)
                tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text)) });
        }

        return stream.ToArray();
    }

    private static byte[] Link()
    {
        using var stream = new MemoryStream();
        using (var tar = new TarWriter(stream, TarEntryFormat.Ustar, leaveOpen: true))
            tar.WriteEntry(new UstarTarEntry(TarEntryType.SymbolicLink, "a") { LinkName = "/etc/passwd" });
        return stream.ToArray();
    }
}
