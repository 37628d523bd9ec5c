namespace Qos.Eif;

/// <summary>The numbers of the format, and the bounds that we add. Format: docs/protocol/eif.md, File.</summary>
internal static class EifFormat
{
    public const int SectionHeaderSize = 12;
    public const int MaxSections = 32;
    public const ushort OldestVersion = 2;
    public const ushort FirstVersionWithSignature = 3;
    public const ushort FirstVersionWithMetadata = 4;
    public const ushort CurrentVersion = 4;

    /// <summary>The kernel keeps 2048 bytes with the end mark and drops the rest without a word.</summary>
    public const int MaxCommandLine = 2047;

    public const int MaxMetadata = 1024 * 1024;
    public const int MaxSignature = 256 * 1024;

    /// <summary>How much of a section is in memory at a time.</summary>
    public const int BufferSize = 128 * 1024;

    public static string NameOf(EifSectionType type) => type switch
    {
        EifSectionType.Kernel => "kernel",
        EifSectionType.CommandLine => "command line",
        EifSectionType.Ramdisk => "ramdisk",
        EifSectionType.Signature => "signature",
        EifSectionType.Metadata => "metadata",
        _ => "unknown",
    };
}
