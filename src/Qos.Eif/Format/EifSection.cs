namespace Qos.Eif;

/// <summary>One section of an image, and where it lies. Format: docs/protocol/eif.md, File.</summary>
/// <param name="Type">What it holds.</param>
/// <param name="Offset">Where its 12-byte header begins: bytes from the start of the file.</param>
/// <param name="Size">Bytes of its data, without that header.</param>
public sealed record EifSection(EifSectionType Type, long Offset, long Size)
{
    /// <summary>Where its data begins: bytes from the start of the file.</summary>
    public long DataOffset => Offset + EifFormat.SectionHeaderSize;

    /// <summary>The first byte behind it.</summary>
    public long End => DataOffset + Size;
}
