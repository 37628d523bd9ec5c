using System.IO.Compression;
using System.Security.Cryptography;

namespace Qos.Eif.Tests;

/// <summary>Lists and the archives made from them.</summary>
public class RamdiskTests
{
    private const string List =
        """
        # what boots
        file /init bin/init 0755 0 0
        dir /dev 0755 0 0
        nod /dev/console 0600 0 0 c 5 1
        nod /dev/loop0 660 0 6 b 7 0
        dir /usr 0755 0 0
        slink /bin usr/bin 0777 0 0
        dir /usr/bin 0755 0 0
        dir /tmp 1777 0 0
        file /usr/empty bin/empty 0644 1000 1000
        """;

    private static readonly Dictionary<string, byte[]> s_files = new()
    {
        ["bin/init"] = RawImage.Filled(1001, 7),
        ["bin/empty"] = [],
    };

    [Fact]
    public void An_archive_holds_what_the_list_says()
    {
        List<CpioReader.Entry> entries = CpioReader.Read(Build(List));
        Assert.Equal(["bin", "dev", "dev/console", "dev/loop0", "init", "tmp", "usr", "usr/bin", "usr/empty"], entries.Select(static entry => entry.Name));
        Assert.Equal(Enumerable.Range(1, 9).Select(static i => (uint)i), entries.Select(static entry => entry.Inode));
        Assert.All(entries, static entry => Assert.Equal(0u, entry.Time));
        Assert.Equal([0xa1ffu, 0x41edu, 0x2180u, 0x61b0u, 0x81edu, 0x43ffu, 0x41edu, 0x41edu, 0x81a4u], entries.Select(static entry => entry.Mode));
        Assert.Equal("usr/bin"u8.ToArray(), entries[0].Data);
        Assert.Equal((5u, 1u), entries[2].Described);
        Assert.Equal((0u, 6u), entries[3].Owner);
        Assert.Equal(s_files["bin/init"], entries[4].Data);
        Assert.Equal((1000u, 1000u), entries[8].Owner);
        Assert.Empty(entries[8].Data);
    }

    [Fact]
    public void The_order_of_lines_and_white_space_do_not_matter()
    {
        byte[] expected = Build(List);
        var random = new Random(11);
        for (int i = 0; i < 50; i++)
        {
            string[] lines = List.Split('\n');
            random.Shuffle(lines);
            Assert.Equal(expected, Build(string.Join("\n\n", lines.Select(static line => "\t" + line.Replace(" ", "  ", StringComparison.Ordinal) + " "))));
        }
    }

    [Fact]
    public void The_bytes_are_pinned()
    {
        // Who changes these changes the registers of every image that was ever built from the same sources.
        string plain = Convert.ToHexStringLower(SHA256.HashData(Build(List)));
        string compressed = Convert.ToHexStringLower(SHA256.HashData(BuildCompressed(List)));
        Assert.True(plain == "b69f2acbaaaeb02ced4cba786658fd3017881024904eb7ba29cbe03af66de611", plain);
        Assert.True(compressed == "87676bc0cbb9579408eb0eb3054d164d2f6473d3d2ce60ad8acfc4f6442f490c", compressed);
    }

    [Fact]
    public void Archives_end_where_the_next_may_begin()
    {
        Assert.Equal(0, Build(List).Length % 512);
        Assert.Equal(0, BuildCompressed(List).Length % 4);
    }

    [Fact]
    public void A_compressed_archive_is_the_archive()
    {
        using var compressed = new MemoryStream(BuildCompressed(List));
        using var gzip = new GZipStream(compressed, CompressionMode.Decompress);
        using var plain = new MemoryStream();
        gzip.CopyTo(plain);
        Assert.Equal(Build(List), plain.ToArray());
    }

    [Theory]
    [InlineData("dir dev 0755 0 0", "path \"dev\" is not allowed")]
    [InlineData("dir / 0755 0 0", "is not allowed")]
    [InlineData("dir //dev 0755 0 0", "is not allowed")]
    [InlineData("dir /dev/ 0755 0 0", "is not allowed")]
    [InlineData("dir /../etc 0755 0 0", "is not allowed")]
    [InlineData("dir /a/../b 0755 0 0", "is not allowed")]
    [InlineData("dir /./a 0755 0 0", "is not allowed")]
    [InlineData("dir /\u00e4 0755 0 0", "is not allowed")]
    [InlineData("dir /a\u0000b 0755 0 0", "is not allowed")]
    [InlineData("dir /a\\b 0755 0 0", "is not allowed")]
    [InlineData("file /a ../etc/shadow 0644 0 0", "source \"../etc/shadow\" is not allowed")]
    [InlineData("file /a /etc/shadow 0644 0 0", "source \"/etc/shadow\" is not allowed")]
    [InlineData("file /a x/../../y 0644 0 0", "is not allowed")]
    [InlineData("file /a ./y 0644 0 0", "is not allowed")]
    [InlineData("slink /a ../b 0777 0 0", "target \"../b\" is not allowed")]
    [InlineData("dir /a 0755 0 0\ndir /a 0755 0 0", "list, line 2: /a is there already, in line 1")]
    [InlineData("dir /a/b 0755 0 0", "lies in /a, which no line declares; add \"dir /a 0755 0 0\"")]
    [InlineData("slink /a usr 0777 0 0\nfile /a/b bin/init 0644 0 0", "line 1 declares as something else than a folder")]
    [InlineData("dir /a 4755 0 0", "not a mode")]
    [InlineData("dir /a 0785 0 0", "not a mode")]
    [InlineData("dir /a 77777777777777777777 0 0", "not a mode")]
    [InlineData("dir /a rwx 0 0", "not a mode")]
    [InlineData("dir /a 0755 -1 0", "cannot be the user or group")]
    [InlineData("dir /a 0755 0 65536", "cannot be the user or group")]
    [InlineData("dir /a 0755 root root", "cannot be the user or group")]
    [InlineData("dir /a 0755 0", "the form is dir PATH MODE UID GID")]
    [InlineData("nod /a 0600 0 0 x 1 2", "not a kind of device")]
    [InlineData("nod /a 0600 0 0 c 4096 2", "cannot be the major number")]
    [InlineData("nod /a 0600 0 0 c 1 99999999999", "cannot be the minor number")]
    [InlineData("pipe /a 0600 0 0", "\"pipe\" is not known")]
    [InlineData("dir /a 0755 0 0\r", "carriage return")]
    [InlineData("\u001b[2J", "\"?[2J\" is not known")]
    public void A_hostile_list_is_refused(string list, string reason) =>
        Assert.Contains(reason, Assert.Throws<RamdiskException>(() => RamdiskList.Parse(list, "list")).Message, StringComparison.Ordinal);

    [Fact]
    public void Mutated_lists_make_an_archive_or_a_reason()
    {
        var random = new Random(5);
        int made = 0;
        for (int round = 0; round < 4000; round++)
        {
            char[] text = List.ToCharArray();
            for (int i = random.Next(1, 4); i > 0; i--)
                text[random.Next(text.Length)] = "/. \n\t0a\u001b\0cdf"[random.Next(12)];
            try
            {
                List<CpioReader.Entry> entries = CpioReader.Read(Build(new string(text)));
                Assert.DoesNotContain(entries, static entry => entry.Name.Split('/').Any(static part => part is "" or "." or ".."));
                Assert.Equal(entries.Count, entries.DistinctBy(static entry => entry.Name).Count());
                made++;
            }
            catch (RamdiskException refusal)
            {
                Assert.DoesNotContain(refusal.Message, static c => char.IsControl(c));
            }
        }

        Assert.InRange(made, 100, 3900);
    }

    [Fact]
    public void Sources_lie_below_the_root()
    {
        string folder = Directory.CreateTempSubdirectory("qos-ramdisk").FullName;
        try
        {
            Func<string, EifPartSource> sources = RamdiskArchive.FilesBelow(folder);
            Assert.Contains("is missing", Assert.Throws<RamdiskException>(() => sources("bin/init")).Message, StringComparison.Ordinal);
            Directory.CreateDirectory(Path.Combine(folder, "bin"));
            File.WriteAllBytes(Path.Combine(folder, "bin", "init"), s_files["bin/init"]);
            File.WriteAllBytes(Path.Combine(folder, "bin", "empty"), []);
            using var output = new MemoryStream();
            RamdiskArchive.Write(RamdiskList.Parse(List, "list"), sources, output);
            Assert.Equal(Build(List), output.ToArray());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static byte[] Build(string list)
    {
        using var output = new MemoryStream();
        RamdiskArchive.Write(RamdiskList.Parse(list, "list"), Source, output);
        return output.ToArray();
    }

    private static byte[] BuildCompressed(string list)
    {
        using var output = new MemoryStream();
        RamdiskArchive.WriteCompressed(RamdiskList.Parse(list, "list"), Source, output);
        return output.ToArray();
    }

    private static EifPartSource Source(string name) => s_files.TryGetValue(name, out byte[]? bytes)
        ? EifPartSource.FromBytes(name, bytes)
        : throw new RamdiskException("no such file");
}
