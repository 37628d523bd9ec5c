namespace Qos.Eif.Tests;

/// <summary>Short ways to read images in tests.</summary>
internal static class Read
{
    public static EifImage Image(byte[] bytes)
    {
        using var stream = new MemoryStream(bytes, writable: false);
        return EifReader.Read(stream);
    }

    /// <summary>The image's own parts, written again.</summary>
    public static byte[] AndWrite(byte[] bytes)
    {
        EifImage image = Image(bytes);
        var source = EifPartSource.FromBytes("image", bytes);
        using var output = new MemoryStream();
        EifWriter.Write(output, image, [.. image.Sections.Select(section => EifPart.FromSection(source, section))]);
        return output.ToArray();
    }

    public static (string Pcr0, string Pcr1, string Pcr2) Registers(EifImage image) => (
        Convert.ToHexStringLower(image.Measurements.Pcr0.Span),
        Convert.ToHexStringLower(image.Measurements.Pcr1.Span),
        Convert.ToHexStringLower(image.Measurements.Pcr2.Span));
}
