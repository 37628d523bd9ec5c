namespace Qos.Eif;

/// <summary>
/// A part of an image that no register covers, so that it can be changed without a trace in an attestation document. Format: docs/protocol/eif.md.
/// </summary>
/// <param name="What">The part's name.</param>
/// <param name="Offset">Where it begins: bytes from the start of the file.</param>
/// <param name="Size">Its bytes.</param>
/// <param name="Consequence">What a change there can do.</param>
public sealed record EifUnmeasured(string What, long Offset, long Size, string Consequence)
{
    /// <summary>All such parts of an image, in the file's order. Together with the measured sections they make up the whole file.</summary>
    public static IReadOnlyList<EifUnmeasured> FindIn(EifImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        var parts = new List<EifUnmeasured>
        {
            new("header", 0, EifHeader.CrcOffset, "version, architecture, default memory and processors, where sections begin and end"),
            new("checksum", EifHeader.CrcOffset, sizeof(uint), "guards against accidents only: anyone can compute it again"),
        };
        foreach (EifSection section in image.Sections)
        {
            parts.Add(new(
                $"{EifFormat.NameOf(section.Type)} section's header", section.Offset, EifFormat.SectionHeaderSize, Boundary(section.Type)));
            if (section.Type == EifSectionType.Metadata)
                parts.Add(new("metadata", section.DataOffset, section.Size, "names, versions and times that the image claims: decide nothing by them"));
            else if (section.Type == EifSectionType.Signature)
                parts.Add(new("signature", section.DataOffset, section.Size, "PCR8 covers the certificate in it, and nothing covers the rest; the signature is over PCR0"));
        }

        return parts;
    }

    private static string Boundary(EifSectionType type) => type switch
    {
        EifSectionType.Kernel or EifSectionType.CommandLine => "type and size: no register tells where kernel, command line and first ramdisk meet",
        EifSectionType.Ramdisk => "type and size: a boundary between ramdisks that moves leaves PCR0 as it is, so compare PCR1 and PCR2 too",
        _ => "type and size",
    };
}
