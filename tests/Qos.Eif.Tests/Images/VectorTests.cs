using System.Text.Json;
using Qos.Vectors;

namespace Qos.Eif.Tests;

/// <summary>Images that another tool built, with the registers that it printed.</summary>
public class VectorTests
{
    private const string Sha384OfNothingExtended = "21b9efbc184807662e966d34f390821309eeac6802309798826296bf3e8bec7c10edb30948c90ba67310f7b964fc500a";

    [Theory]
    [InlineData("one")]
    [InlineData("two")]
    public void Registers_are_those_that_the_other_tool_printed(string name)
    {
        using var expected = JsonDocument.Parse(VectorFiles.Text("eif", $"{name}.pcrs.json"));
        using var printed = JsonDocument.Parse(EifReader.ReadFile(VectorFiles.PathOf("eif", $"{name}.eif")).Measurements.ToJson());
        JsonElement measurements = printed.RootElement.GetProperty("Measurements");
        foreach (string register in (string[])["PCR0", "PCR1", "PCR2"])
            Assert.Equal(expected.RootElement.GetProperty(register).GetString(), measurements.GetProperty(register).GetString());
    }

    [Fact]
    public void A_second_ramdisk_changes_all_but_the_first_register()
    {
        (string Pcr0, string Pcr1, string Pcr2) one = Read.Registers(Read.Image(VectorFiles.Bytes("eif", "one.eif")));
        (string Pcr0, string Pcr1, string Pcr2) two = Read.Registers(Read.Image(VectorFiles.Bytes("eif", "two.eif")));
        Assert.Equal(one.Pcr0, one.Pcr1);
        Assert.Equal(Sha384OfNothingExtended, one.Pcr2);
        Assert.Equal(one.Pcr1, two.Pcr1);
        Assert.NotEqual(one.Pcr0, two.Pcr0);
        Assert.NotEqual(one.Pcr2, two.Pcr2);
    }

    [Theory]
    [InlineData("one", new[] { "init0.cpio" })]
    [InlineData("two", new[] { "init0.cpio", "app1.cpio" })]
    public void The_same_parts_make_the_same_file(string name, string[] ramdisks)
    {
        byte[] original = VectorFiles.Bytes("eif", $"{name}.eif");
        EifImage image = Read.Image(original);
        var recipe = new EifRecipe
        {
            Kernel = EifPartSource.FromFile(VectorFiles.PathOf("eif", "kernel.bin")),
            CommandLine = "reboot=k panic=30 pci=off nomodules console=ttyS0 random.trust_cpu=on",
            Ramdisks = [.. ramdisks.Select(static file => EifPartSource.FromFile(VectorFiles.PathOf("eif", file)))],
            Metadata = new EifMetadata
            {
                ImageName = "oracle",
                ImageVersion = "1.0",
                BuildTime = EifMetadata.FormatTime(1577836800),
                BuildTool = "eif_build",
                BuildToolVersion = "0.3.0",
                OperatingSystem = "Generic Linux",
                KernelVersion = KernelImage.VersionOf(EifPartSource.FromFile(VectorFiles.PathOf("eif", "kernel.bin"))),
                DockerInfo = "null",
                CustomMetadata = "null",
            },
        };
        using var output = new MemoryStream();
        recipe.Write(output);
        Assert.Equal(original, output.ToArray());
        Assert.Equal(recipe.Metadata, image.Metadata);
        Assert.True(EifVerification.From(image).IsValid);
    }

    [Theory]
    [InlineData("one")]
    [InlineData("two")]
    public void What_was_read_is_written_byte_for_byte(string name)
    {
        byte[] original = VectorFiles.Bytes("eif", $"{name}.eif");
        Assert.Equal(original, Read.AndWrite(original));
    }

    [Fact]
    public void Registers_are_printed_as_the_existing_tool_does()
    {
        EifImage image = Read.Image(VectorFiles.Bytes("eif", "two.eif"));
        EifMeasurements measurements = image.Measurements;
        Assert.Null(image.SignatureBytes);
        Assert.Null(measurements.Pcr8);
        string expected = """
            {
              "Measurements": {
                "HashAlgorithm": "Sha384 { ... }",
                "PCR0": "d11a071d54ead8947ba2b6adc20d87231b1b07a2d5a106f7f46a122b95215beabb24c976da4c934cca478096699d1b6f",
                "PCR1": "968d8defaa5ca40ecfc869c0ee3e135706ff2678f1fdf5ba1a6ccd99cd2c87cc2bb01c9ef6d76f70a10439308982a2a2",
                "PCR2": "3864fd53903f98d918b152ee8f0071379cb954adb4d3663f8b1344638f715b6aeab15341295713ae12edbbfb2687fb2b"
              }
            }

            """;
        Assert.Equal(expected, measurements.ToJson());
        Assert.Equal(
            """
            d11a071d54ead8947ba2b6adc20d87231b1b07a2d5a106f7f46a122b95215beabb24c976da4c934cca478096699d1b6f PCR0
            968d8defaa5ca40ecfc869c0ee3e135706ff2678f1fdf5ba1a6ccd99cd2c87cc2bb01c9ef6d76f70a10439308982a2a2 PCR1
            3864fd53903f98d918b152ee8f0071379cb954adb4d3663f8b1344638f715b6aeab15341295713ae12edbbfb2687fb2b PCR2

            """,
            measurements.ToPcrsText());
    }
}
