namespace Qos.Eif.Tests;

/// <summary>What moving bytes over a boundary does to the registers: lengths are not measured.</summary>
public class BoundaryTests
{
    private readonly RawImage _original = RawImage.Small();

    [Fact]
    public void Bytes_moved_between_the_ramdisks_are_caught_by_the_other_registers()
    {
        RawImage moved = RawImage.Small();
        Move(moved, from: 4, to: 3, bytes: 10);
        EifImage image = Read.Image(moved.ToBytes());
        Assert.True(EifVerification.From(image).IsValid);
        Assert.Equal(_original.Measure().Pcr0, Read.Registers(image).Pcr0);
        Assert.NotEqual(_original.Measure().Pcr1, Read.Registers(image).Pcr1);
        Assert.NotEqual(_original.Measure().Pcr2, Read.Registers(image).Pcr2);
    }

    [Fact]
    public void A_ramdisk_that_swallows_the_other_is_caught_by_the_other_registers()
    {
        RawImage moved = RawImage.Small();
        Move(moved, from: 4, to: 3, bytes: moved.Sections[4].Data.Length);
        moved.Sections.RemoveAt(4);
        EifImage image = Read.Image(moved.ToBytes());
        Assert.Equal(_original.Measure().Pcr0, Read.Registers(image).Pcr0);
        Assert.Equal(Read.Registers(image).Pcr0, Read.Registers(image).Pcr1);
        Assert.NotEqual(_original.Measure().Pcr2, Read.Registers(image).Pcr2);
    }

    [Fact]
    public void No_register_catches_options_that_are_moved_into_the_kernel()
    {
        // Not wanted, but so: the kernel, its command line and the first ramdisk are one text to PCR0 and PCR1. docs/image.md says what follows.
        RawImage moved = RawImage.Small();
        Move(moved, from: 1, to: 0, bytes: "console=ttyS0 ".Length);
        EifImage image = Read.Image(moved.ToBytes());
        Assert.Equal("quiet", image.CommandLine);
        Assert.Equal(_original.Measure(), Read.Registers(image));
    }

    [Fact]
    public void What_is_not_measured_and_what_is_make_up_the_file()
    {
        byte[] bytes = RawImage.Small().ToBytes();
        EifImage image = Read.Image(bytes);
        var parts = EifUnmeasured.FindIn(image).Select(static part => (part.Offset, part.Size)).ToList();
        parts.AddRange(image.Sections
            .Where(static section => section.Type is not (EifSectionType.Metadata or EifSectionType.Signature))
            .Select(static section => (section.DataOffset, section.Size)));
        long at = 0;
        foreach ((long offset, long size) in parts.Order())
        {
            Assert.Equal(at, offset);
            at += size;
        }

        Assert.Equal(bytes.Length, at);
    }

    [Fact]
    public void A_change_where_nothing_is_measured_changes_no_register()
    {
        byte[] bytes = RawImage.Small().ToBytes();
        EifImage original = Read.Image(bytes);
        byte[] changed = RawImage.Small().ToBytes(static image => image[8] = 0x7f);
        EifImage image = Read.Image(changed);
        Assert.True(EifVerification.From(image).IsValid);
        Assert.NotEqual(original.DefaultMemory, image.DefaultMemory);
        Assert.Equal(Read.Registers(original), Read.Registers(image));
    }

    private static void Move(RawImage image, int from, int to, int bytes)
    {
        byte[] moved = image.Sections[from].Data[..bytes];
        image.Sections[to] = (image.Sections[to].Type, [.. image.Sections[to].Data, .. moved]);
        image.Sections[from] = (image.Sections[from].Type, image.Sections[from].Data[bytes..]);
    }
}
