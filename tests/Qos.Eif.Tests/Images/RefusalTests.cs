using System.Buffers.Binary;
using System.Text;

namespace Qos.Eif.Tests;

/// <summary>Images that are wrong in one way, with a checksum that is right: each is refused with its reason.</summary>
public class RefusalTests
{
    public static TheoryData<string, string> Damages { get; } = new()
    {
        { "magic", "does not start with \".eif\"" },
        { "version 1", "the version is 1" },
        { "version 5", "the version is 5" },
        { "flags", "only bit 0" },
        { "reserved", "reserved field" },
        { "unused", "unused field" },
        { "no sections", "there are 0 sections" },
        { "33 sections", "there are 33 sections" },
        { "gap", "overlap or leave gaps" },
        { "overlap", "overlap or leave gaps" },
        { "swapped entries", "overlap or leave gaps" },
        { "huge size", "more than a file can have" },
        { "size past the end", "it was cut" },
        { "entry beyond the count", "the table's entry 9 is filled" },
        { "section header's size", "the table says 300" },
        { "section flags", "has flags" },
        { "type 0", "is of type 0" },
        { "type 6", "is of type 6" },
        { "two kernels", "section 3 is a second kernel" },
        { "ramdisk first", "the kernel comes there" },
    };

    [Theory]
    [MemberData(nameof(Damages))]
    public void A_damaged_header_is_named(string damage, string reason)
    {
        byte[] image = RawImage.Small().ToBytes(bytes => Apply(damage, bytes));
        EifException refusal = Assert.Throws<EifException>(() => Read.Image(image));
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_image_that_they_are_made_from_is_accepted()
    {
        byte[] image = RawImage.Small().ToBytes();
        Assert.True(EifVerification.From(Read.Image(image)).IsValid);
        Assert.Equal(RawImage.Small().Measure(), Read.Registers(Read.Image(image)));
    }

    [Fact]
    public void A_missing_section_is_named()
    {
        Assert.Contains("no ramdisk", Refusal(raw => raw.Sections.RemoveAll(static s => s.Type == 3), raw => raw.Sections.Add((4, [0x80]))), StringComparison.Ordinal);
        Assert.Contains("no metadata section", Refusal(raw => raw.Sections.RemoveAll(static s => s.Type == 5)), StringComparison.Ordinal);
        Assert.Contains("the command line comes there", Refusal(raw => raw.Sections.RemoveAt(1)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_section_too_many_is_named()
    {
        Assert.Contains("second metadata", Refusal(raw => raw.Sections.Add(raw.Sections[2])), StringComparison.Ordinal);
        Assert.Contains("second command line", Refusal(raw => raw.Sections.Add(raw.Sections[1])), StringComparison.Ordinal);
        Assert.Contains("second signature", Refusal(raw => raw.Sections.AddRange([(4, [0x80]), (4, [0x80])])), StringComparison.Ordinal);
    }

    [Fact]
    public void Older_versions_have_fewer_kinds_of_sections()
    {
        Assert.Contains("version 3 has no metadata", Refusal(raw => raw.Version = 3), StringComparison.Ordinal);
        RawImage old = RawImage.Small();
        old.Version = 3;
        old.Sections.RemoveAt(2);
        EifImage image = Read.Image(old.ToBytes());
        Assert.Null(image.Metadata);
        Assert.True(EifVerification.From(image).IsValid);
        old.Version = 2;
        old.Sections.Add((4, [0x80]));
        Assert.Contains("version 2 has no signature", Assert.Throws<EifException>(() => Read.Image(old.ToBytes())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Contents_are_bounded_before_they_are_held()
    {
        Assert.Contains("2048 bytes; at most 2047", Refusal(raw => raw.Sections[1] = (2, [.. Enumerable.Repeat((byte)'a', 2048)])), StringComparison.Ordinal);
        Assert.Contains("at most 1048576", Refusal(raw => raw.Sections[2] = (5, new byte[(1 << 20) + 1])), StringComparison.Ordinal);
        Assert.Contains("at most 262144", Refusal(raw => raw.Sections.Add((4, new byte[(1 << 18) + 1]))), StringComparison.Ordinal);
        Assert.Contains("is empty", Refusal(raw => raw.Sections[3] = (3, [])), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a\0b")]
    [InlineData("a\nb")]
    [InlineData("a\u001b[2Jb")]
    [InlineData("\u00e4")]
    public void A_command_line_is_printable(string text) =>
        Assert.Contains(
            "printable ASCII",
            Refusal(raw => raw.Sections[1] = (2, Encoding.UTF8.GetBytes(text))),
            StringComparison.Ordinal);

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("{", "is not JSON")]
    [InlineData("[]", "no object where BuildMetadata should be")]
    [InlineData("{\"BuildMetadata\":1}", "has no ImageName")]
    [InlineData("{\"BuildMetadata\":{},\"BuildMetadata\":{}}", "has BuildMetadata twice")]
    [InlineData("{\"BuildMetadata\":{},\"ImageName\":7}", "ImageName is not a string")]
    [InlineData("{\"BuildMetadata\":{},\"ImageName\":\"\\ud800\"}", "not Unicode")]
    [InlineData("{\"BuildMetadata\":{},\"Other\":[\"\\ud800\"]}", "not Unicode")]
    public void Metadata_must_be_what_it_should_be(string json, string reason) =>
        Assert.Contains(reason, Refusal(raw => raw.Sections[2] = (5, Encoding.UTF8.GetBytes(json))), StringComparison.Ordinal);

    [Fact]
    public void A_file_that_was_cut_anywhere_is_refused()
    {
        byte[] image = RawImage.Small().ToBytes();
        for (int length = 0; length < image.Length; length++)
        {
            using var seekable = new MemoryStream(image, 0, length);
            Assert.Throws<EifException>(() => EifReader.Read(seekable));
            using var inner = new MemoryStream(image, 0, length);
            using var pipe = new PipeLike(inner);
            Assert.Throws<EifException>(() => EifReader.Read(pipe));
        }
    }

    [Fact]
    public void Bytes_behind_the_end_are_refused()
    {
        byte[] image = [.. RawImage.Small().ToBytes(), 0];
        RawImage.FixCrc(image);
        Assert.Contains("bytes follow", Assert.Throws<EifException>(() => Read.Image(image)).Message, StringComparison.Ordinal);
        using var inner = new MemoryStream(image);
        using var pipe = new PipeLike(inner);
        Assert.Contains("bytes follow", Assert.Throws<EifException>(() => EifReader.Read(pipe)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_flipped_bit_is_found()
    {
        byte[] image = RawImage.Small().ToBytes();
        for (int bit = 0; bit < image.Length * 8; bit++)
        {
            image[bit / 8] ^= (byte)(1 << (bit % 8));
            bool valid;
            try
            {
                valid = EifVerification.From(Read.Image(image)).IsValid;
            }
            catch (EifException)
            {
                valid = false;
            }

            Assert.False(valid, $"bit {bit}");
            image[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    private static string Refusal(params Action<RawImage>[] changes)
    {
        RawImage raw = RawImage.Small();
        foreach (Action<RawImage> change in changes)
            change(raw);
        return Assert.Throws<EifException>(() => Read.Image(raw.ToBytes())).Message;
    }

    private static void Apply(string damage, byte[] image)
    {
        switch (damage)
        {
            case "magic": image[0] = (byte)'!'; break;
            case "version 1": image[5] = 1; break;
            case "version 5": image[5] = 5; break;
            case "flags": image[7] = 2; break;
            case "reserved": image[25] = 1; break;
            case "unused": image[RawImage.UnusedAt] = 1; break;
            case "no sections": image[RawImage.CountAt + 1] = 0; break;
            case "33 sections": image[RawImage.CountAt + 1] = 33; break;
            case "gap": Add(image, RawImage.OffsetsAt + 8, 1); break;
            case "overlap": Add(image, RawImage.OffsetsAt + 16, -1); break;
            case "swapped entries": Swap(image, RawImage.OffsetsAt + 24, RawImage.OffsetsAt + 32); break;
            case "huge size": image[RawImage.SizesAt + (8 * 4)] = 0xff; break;
            case "size past the end": Add(image, RawImage.SizesAt + (8 * 4), 1); break;
            case "entry beyond the count": image[RawImage.SizesAt + (8 * 9)] = 1; break;
            case "section header's size": Add(image, RawImage.HeaderSize + 4, 1); break;
            case "section flags": image[RawImage.HeaderSize + 3] = 1; break;
            case "type 0": image[RawImage.HeaderSize + 1] = 0; break;
            case "type 6": image[RawImage.HeaderSize + 1] = 6; break;
            case "two kernels": image[(int)BinaryPrimitives.ReadUInt64BigEndian(image.AsSpan(RawImage.OffsetsAt + 24)) + 1] = 1; break;
            case "ramdisk first": image[RawImage.HeaderSize + 1] = 3; break;
            default: throw new ArgumentException(damage, nameof(damage));
        }
    }

    private static void Add(byte[] image, int at, int delta)
    {
        Span<byte> field = image.AsSpan(at, 8);
        BinaryPrimitives.WriteInt64BigEndian(field, BinaryPrimitives.ReadInt64BigEndian(field) + delta);
    }

    private static void Swap(byte[] image, int one, int other)
    {
        byte[] kept = image[one..(one + 8)];
        image.AsSpan(other, 8).CopyTo(image.AsSpan(one));
        kept.CopyTo(image, other);
    }
}
