using System.Buffers.Binary;
using System.IO.Hashing;

namespace Qos.Eif;

/// <summary>Writes images: header, then sections without gaps. Format: docs/protocol/eif.md, File.</summary>
internal static class EifWriter
{
    public static void Write(Stream output, EifImage like, IReadOnlyList<EifPart> parts) =>
        Write(output, like.Header with { Sizes = [.. parts.Select(static part => part.Size)] }, parts);

    /// <param name="output">Seekable, because the checksum stands before what it is over.</param>
    /// <param name="header">Its sizes are those of the parts; its checksum is computed here.</param>
    /// <param name="parts">The sections in their order.</param>
    public static void Write(Stream output, EifHeader header, IReadOnlyList<EifPart> parts)
    {
        if (parts.Count > EifFormat.MaxSections)
            throw new EifException($"there would be {parts.Count} sections; an image has at most {EifFormat.MaxSections}.");

        long start = output.Position;
        byte[] buffer = new byte[EifFormat.BufferSize];
        var crc = new Crc32();
        header.Write(buffer);
        output.Write(buffer, 0, EifHeader.Size);
        crc.Append(buffer.AsSpan(0, EifHeader.CrcOffset));
        foreach (EifPart part in parts)
        {
            Span<byte> sectionHeader = buffer.AsSpan(0, EifFormat.SectionHeaderSize);
            sectionHeader.Clear();
            BinaryPrimitives.WriteUInt16BigEndian(sectionHeader, (ushort)part.Type);
            BinaryPrimitives.WriteInt64BigEndian(sectionHeader[4..], part.Size);
            output.Write(sectionHeader);
            crc.Append(sectionHeader);
            part.Read(buffer, data =>
            {
                output.Write(data.Span);
                crc.Append(data.Span);
            });
        }

        long end = output.Position;
        BinaryPrimitives.WriteUInt32BigEndian(buffer, crc.GetCurrentHashAsUInt32());
        output.Position = start + EifHeader.CrcOffset;
        output.Write(buffer, 0, sizeof(uint));
        output.Position = end;
    }
}
