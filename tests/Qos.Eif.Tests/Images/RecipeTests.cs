using System.IO.Hashing;
using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Qos.Eif.Tests;

/// <summary>Building: what is refused, and that nothing but the parts decides the bytes.</summary>
public class RecipeTests
{
    private static readonly EifMetadata s_metadata = new()
    {
        ImageName = "qos",
        ImageVersion = "0.1.0",
        BuildTime = EifMetadata.FormatTime(0),
        BuildTool = "qos",
        BuildToolVersion = "0.1.0",
        OperatingSystem = "Linux",
        KernelVersion = "6.12",
    };

    [Fact]
    public void The_metadata_have_the_form_of_the_specification() =>
        Assert.Equal(
            """{"ImageName":"qos","ImageVersion":"0.1.0","BuildMetadata":{"BuildTime":"1970-01-01T00:00:00+00:00","BuildTool":"qos","BuildToolVersion":"0.1.0","OperatingSystem":"Linux","KernelVersion":"6.12"},"DockerInfo":{},"CustomMetadata":{}}""",
            Encoding.UTF8.GetString(s_metadata.Encode()));

    [Fact]
    public void An_image_is_what_its_recipe_says()
    {
        EifRecipe recipe = Recipe() with { Architecture = EifArchitecture.Arm64, DefaultMemory = 512 << 20, DefaultCpus = 4 };
        byte[] bytes = Build(recipe);
        Assert.Equal(bytes, Build(recipe));
        EifImage image = Read.Image(bytes);
        Assert.Equal(EifArchitecture.Arm64, image.Architecture);
        Assert.Equal(512UL << 20, image.DefaultMemory);
        Assert.Equal(4UL, image.DefaultCpus);
        Assert.Equal("console=ttyS0", image.CommandLine);
        Assert.Equal(s_metadata, image.Metadata);
        EifSectionType[] order = [EifSectionType.Kernel, EifSectionType.CommandLine, EifSectionType.Metadata, EifSectionType.Ramdisk, EifSectionType.Ramdisk];
        Assert.Equal(order, image.Sections.Select(static section => section.Type));
    }

    [Fact]
    public void Any_parts_come_back_and_are_measured_as_the_specification_says()
    {
        Prop.ForAll<NonEmptyArray<byte>, string, byte[][]>(static (kernel, words, ramdisks) =>
        {
            string commandLine = string.Concat((words ?? "").Where(static c => c is >= ' ' and <= '~'));
            byte[][] disks = [.. ramdisks.Append([1]).Where(static disk => disk.Length > 0).Take(28)];
            byte[] bytes = Build(new EifRecipe
            {
                Kernel = EifPartSource.FromBytes("kernel", kernel.Get),
                CommandLine = commandLine,
                Ramdisks = [.. disks.Select(static (disk, i) => EifPartSource.FromBytes($"ramdisk {i}", disk))],
                Metadata = s_metadata,
            });

            RawImage raw = RawImage.Parse(bytes);
            EifImage image = Read.Image(bytes);
            Assert.True(EifVerification.From(image).IsValid);
            Assert.Equal(raw.Measure(), Read.Registers(image));
            Assert.Equal(commandLine, image.CommandLine);
            Assert.Equal(kernel.Get, raw.Sections[0].Data);
            Assert.Equal(disks, raw.Sections.Where(static section => section.Type == 3).Select(static section => section.Data));
            Assert.Equal(bytes, Read.AndWrite(bytes));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void An_empty_command_line_is_one() => Assert.Equal("", Read.Image(Build(Recipe() with { CommandLine = "" })).CommandLine);

    [Fact]
    public void What_cannot_be_an_image_is_refused()
    {
        EifPartSource disk = Recipe().Ramdisks[0];
        Assert.Contains("1 to 28 ramdisks", Fails(Recipe() with { Ramdisks = [] }), StringComparison.Ordinal);
        Assert.Contains("1 to 28 ramdisks", Fails(Recipe() with { Ramdisks = [.. Enumerable.Repeat(disk, 29)] }), StringComparison.Ordinal);
        Assert.Contains("kernel is empty", Fails(Recipe() with { Kernel = EifPartSource.FromBytes("kernel", []) }), StringComparison.Ordinal);
        Assert.Contains("printable", Fails(Recipe() with { CommandLine = "a\nb" }), StringComparison.Ordinal);
        Assert.Contains("cuts it", Fails(Recipe() with { CommandLine = new string('a', 2048) }), StringComparison.Ordinal);
        Assert.Contains("CustomMetadata is not a JSON object", Fails(Recipe() with { Metadata = s_metadata with { CustomMetadata = "[]" } }), StringComparison.Ordinal);
        Assert.Contains("CustomMetadata is not JSON", Fails(Recipe() with { Metadata = s_metadata with { CustomMetadata = "{" } }), StringComparison.Ordinal);
    }

    [Fact]
    public void Twenty_eight_ramdisks_leave_room_for_a_signature()
    {
        EifRecipe recipe = Recipe();
        byte[] image = Build(recipe with { Ramdisks = [.. Enumerable.Repeat(recipe.Ramdisks[0], 28)] });
        using SigningKeys keys = SigningKeys.P384();
        Assert.Equal(32, Read.Image(keys.Sign(image)).Sections.Count);
    }

    [Fact]
    public void A_part_that_changes_while_it_is_read_is_noticed()
    {
        string path = Path.Combine(Path.GetTempPath(), $"qos-eif-{Guid.NewGuid():N}");
        try
        {
            File.WriteAllBytes(path, [1, 2, 3, 4]);
            var kernel = EifPartSource.FromFile(path);
            File.WriteAllBytes(path, [1, 2, 3]);
            Assert.Contains("changed while it was read", Fails(Recipe() with { Kernel = kernel }), StringComparison.Ordinal);
            File.WriteAllBytes(path, [1, 2, 3, 4, 5]);
            Assert.Contains("changed while it was read", Fails(Recipe() with { Kernel = kernel }), StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_kernel_tells_its_version_if_it_is_one()
    {
        byte[] kernel = new byte[0x1000];
        "HdrS"u8.CopyTo(kernel.AsSpan(0x202));
        kernel[0x20f] = 0x02;
        "6.12.48 (builder@host) #1"u8.CopyTo(kernel.AsSpan(0x400));
        Assert.Equal("6.12.48", KernelImage.VersionOf(EifPartSource.FromBytes("kernel", kernel)));
        kernel[0x20f] = 0xff;
        Assert.Equal(KernelImage.Unknown, KernelImage.VersionOf(EifPartSource.FromBytes("kernel", kernel)));
        Assert.Equal(KernelImage.Unknown, KernelImage.VersionOf(EifPartSource.FromBytes("kernel", [1])));
    }

    [Fact]
    public void The_checksum_is_the_common_one()
    {
        var crc = new Crc32();
        crc.Append("123"u8);
        crc.Append("456789"u8);
        Assert.Equal(0xcbf43926u, crc.GetCurrentHashAsUInt32());
    }

    private static EifRecipe Recipe() => new()
    {
        Kernel = EifPartSource.FromBytes("kernel", RawImage.Filled(5000, 1)),
        CommandLine = "console=ttyS0",
        Ramdisks = [EifPartSource.FromBytes("boot", RawImage.Filled(300_000, 2)), EifPartSource.FromBytes("app", RawImage.Filled(70, 3))],
        Metadata = s_metadata,
    };

    private static byte[] Build(EifRecipe recipe)
    {
        using var output = new MemoryStream();
        recipe.Write(output);
        return output.ToArray();
    }

    private static string Fails(EifRecipe recipe) => Assert.Throws<EifException>(() => Build(recipe)).Message;
}
