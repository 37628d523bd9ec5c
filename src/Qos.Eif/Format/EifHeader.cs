using System.Buffers.Binary;

namespace Qos.Eif;

/// <summary>
/// The first 548 bytes of an image. Format: docs/protocol/eif.md, File. Offsets are not kept: sections follow one another without a gap, so the sizes
/// say them. An image whose table says otherwise is refused, because readers that follow the table and readers that walk the
/// sections would see two different images in one file.
/// </summary>
internal sealed record EifHeader(
    ushort Version, EifArchitecture Architecture, ulong DefaultMemory, ulong DefaultCpus, IReadOnlyList<long> Sizes, uint Crc)
{
    public const int Size = 548;
    public const int CrcOffset = Size - sizeof(uint);

    private const int FlagsOffset = 6;
    private const int MemoryOffset = 8;
    private const int CpusOffset = 16;
    private const int ReservedOffset = 24;
    private const int CountOffset = 26;
    private const int OffsetsOffset = 28;
    private const int SizesOffset = OffsetsOffset + (EifFormat.MaxSections * sizeof(ulong));
    private const int UnusedOffset = SizesOffset + (EifFormat.MaxSections * sizeof(ulong));
    private const ushort Arm64Flag = 1;

    private static ReadOnlySpan<byte> Magic => ".eif"u8;

    public static EifHeader Parse(ReadOnlySpan<byte> bytes)
    {
        if (!bytes[..Magic.Length].SequenceEqual(Magic))
            throw new EifException("the file does not start with \".eif\", so it is not an enclave image", 0);

        ushort version = BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]);
        if (version is < EifFormat.OldestVersion or > EifFormat.CurrentVersion)
            throw new EifException($"the version is {version}; {EifFormat.OldestVersion} to {EifFormat.CurrentVersion} are known", 4);

        ushort flags = BinaryPrimitives.ReadUInt16BigEndian(bytes[FlagsOffset..]);
        if ((flags & ~Arm64Flag) != 0)
            throw new EifException($"the flags are 0x{flags:x4}; only bit 0, for arm64, is known", FlagsOffset);

        if (BinaryPrimitives.ReadUInt16BigEndian(bytes[ReservedOffset..]) != 0)
            throw new EifException("the reserved field is not zero", ReservedOffset);
        if (BinaryPrimitives.ReadUInt32BigEndian(bytes[UnusedOffset..]) != 0)
            throw new EifException("the unused field is not zero", UnusedOffset);

        return new EifHeader(
            version,
            (flags & Arm64Flag) != 0 ? EifArchitecture.Arm64 : EifArchitecture.X64,
            BinaryPrimitives.ReadUInt64BigEndian(bytes[MemoryOffset..]),
            BinaryPrimitives.ReadUInt64BigEndian(bytes[CpusOffset..]),
            ParseTable(bytes, version),
            BinaryPrimitives.ReadUInt32BigEndian(bytes[CrcOffset..]));
    }

    /// <summary>Writes all 548 bytes.</summary>
    public void Write(Span<byte> destination)
    {
        destination[..Size].Clear();
        Magic.CopyTo(destination);
        BinaryPrimitives.WriteUInt16BigEndian(destination[4..], Version);
        BinaryPrimitives.WriteUInt16BigEndian(destination[FlagsOffset..], Architecture == EifArchitecture.Arm64 ? Arm64Flag : (ushort)0);
        BinaryPrimitives.WriteUInt64BigEndian(destination[MemoryOffset..], DefaultMemory);
        BinaryPrimitives.WriteUInt64BigEndian(destination[CpusOffset..], DefaultCpus);
        BinaryPrimitives.WriteUInt16BigEndian(destination[CountOffset..], (ushort)Sizes.Count);
        long position = Size;
        for (int i = 0; i < Sizes.Count; i++)
        {
            BinaryPrimitives.WriteInt64BigEndian(destination[(OffsetsOffset + (i * sizeof(ulong)))..], position);
            BinaryPrimitives.WriteInt64BigEndian(destination[(SizesOffset + (i * sizeof(ulong)))..], Sizes[i]);
            position = checked(position + EifFormat.SectionHeaderSize + Sizes[i]);
        }

        BinaryPrimitives.WriteUInt32BigEndian(destination[CrcOffset..], Crc);
    }

    private static long[] ParseTable(ReadOnlySpan<byte> bytes, ushort version)
    {
        int count = BinaryPrimitives.ReadUInt16BigEndian(bytes[CountOffset..]);
        int least = version >= EifFormat.FirstVersionWithMetadata ? 4 : 3;
        if (count < least || count > EifFormat.MaxSections)
            throw new EifException($"there are {count} sections; an image of version {version} has {least} to {EifFormat.MaxSections}", CountOffset);

        long[] sizes = new long[count];
        ulong position = Size;
        for (int i = 0; i < EifFormat.MaxSections; i++)
        {
            int offsetAt = OffsetsOffset + (i * sizeof(ulong));
            int sizeAt = SizesOffset + (i * sizeof(ulong));
            ulong offset = BinaryPrimitives.ReadUInt64BigEndian(bytes[offsetAt..]);
            ulong size = BinaryPrimitives.ReadUInt64BigEndian(bytes[sizeAt..]);
            if (i >= count)
            {
                if (offset != 0 || size != 0)
                    throw new EifException($"the table's entry {i} is filled, but there are only {count} sections", offset != 0 ? offsetAt : sizeAt);
                continue;
            }

            if (offset != position)
                throw new EifException($"section {i} is said to begin at {offset}, but the one before it ends at {position}: sections must not overlap or leave gaps", offsetAt);
            if (size > (ulong)long.MaxValue - position - EifFormat.SectionHeaderSize)
                throw new EifException($"section {i} is said to have {size} bytes, more than a file can have", sizeAt);
            sizes[i] = (long)size;
            position += EifFormat.SectionHeaderSize + size;
        }

        return sizes;
    }
}
