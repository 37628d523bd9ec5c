using System.Buffers.Binary;
using System.IO.Hashing;
using System.Security.Cryptography;
using Qos.Vectors;

namespace Qos.Eif.Tests;

/// <summary>An image taken apart, so that a test can put it together wrongly. Shares no code with what it tests but the checksum.</summary>
internal sealed class RawImage
{
    public const int HeaderSize = 548;
    public const int CountAt = 26;
    public const int OffsetsAt = 28;
    public const int SizesAt = 284;
    public const int UnusedAt = 540;
    public const int CrcAt = 544;

    public List<(ushort Type, byte[] Data)> Sections { get; } = [];

    public ushort Version { get; set; } = 4;

    public static RawImage Parse(byte[] image)
    {
        var raw = new RawImage { Version = BinaryPrimitives.ReadUInt16BigEndian(image.AsSpan(4)) };
        for (int at = HeaderSize; at < image.Length;)
        {
            ushort type = BinaryPrimitives.ReadUInt16BigEndian(image.AsSpan(at));
            int size = (int)BinaryPrimitives.ReadUInt64BigEndian(image.AsSpan(at + 4));
            raw.Sections.Add((type, image[(at + 12)..(at + 12 + size)]));
            at += 12 + size;
        }

        return raw;
    }

    /// <summary>A small valid image: one kernel, two ramdisks.</summary>
    public static RawImage Small()
    {
        var raw = new RawImage();
        raw.Sections.Add((1, Filled(300, 1)));
        raw.Sections.Add((2, "console=ttyS0 quiet"u8.ToArray()));
        raw.Sections.Add((5, RawImage.Parse(VectorFiles.Bytes("eif", "one.eif")).Sections[2].Data));
        raw.Sections.Add((3, Filled(200, 2)));
        raw.Sections.Add((3, Filled(100, 3)));
        return raw;
    }

    public static byte[] Filled(int length, byte seed)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static void FixCrc(byte[] image)
    {
        var crc = new Crc32();
        crc.Append(image.AsSpan(0, CrcAt));
        crc.Append(image.AsSpan(HeaderSize));
        BinaryPrimitives.WriteUInt32BigEndian(image.AsSpan(CrcAt), crc.GetCurrentHashAsUInt32());
    }

    public byte[] ToBytes(Action<byte[]>? damage = null)
    {
        using var output = new MemoryStream();
        byte[] header = new byte[HeaderSize];
        ".eif"u8.CopyTo(header);
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(4), Version);
        BinaryPrimitives.WriteUInt64BigEndian(header.AsSpan(8), 1UL << 30);
        BinaryPrimitives.WriteUInt64BigEndian(header.AsSpan(16), 2);
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(CountAt), (ushort)Sections.Count);
        output.Write(header);
        for (int i = 0; i < Sections.Count; i++)
        {
            (ushort type, byte[] data) = Sections[i];
            if (i < 32)
            {
                BinaryPrimitives.WriteUInt64BigEndian(header.AsSpan(OffsetsAt + (8 * i)), (ulong)output.Position);
                BinaryPrimitives.WriteUInt64BigEndian(header.AsSpan(SizesAt + (8 * i)), (ulong)data.Length);
            }

            byte[] sectionHeader = new byte[12];
            BinaryPrimitives.WriteUInt16BigEndian(sectionHeader, type);
            BinaryPrimitives.WriteUInt64BigEndian(sectionHeader.AsSpan(4), (ulong)data.Length);
            output.Write(sectionHeader);
            output.Write(data);
        }

        byte[] image = output.ToArray();
        header.CopyTo(image, 0);
        damage?.Invoke(image);
        FixCrc(image);
        return image;
    }

    /// <summary>What the registers must be, from the words of the specification.</summary>
    public (string Pcr0, string Pcr1, string Pcr2) Measure()
    {
        byte[] first = [.. Sections.Where(static section => section.Type is 1 or 2).SelectMany(static section => section.Data)];
        byte[][] ramdisks = [.. Sections.Where(static section => section.Type == 3).Select(static section => section.Data)];
        byte[] rest = [.. ramdisks.Skip(1).SelectMany(static data => data)];
        byte[] boot = [.. first, .. ramdisks[0]];
        return (Extended([.. boot, .. rest]), Extended(boot), Extended(rest));
    }

    private static string Extended(byte[] data) =>
        Convert.ToHexStringLower(SHA384.HashData([.. new byte[48], .. SHA384.HashData(data)]));
}
