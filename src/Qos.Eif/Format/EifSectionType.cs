namespace Qos.Eif;

/// <summary>What a section of an image holds, by its number in the file. Format: docs/protocol/eif.md, File.</summary>
public enum EifSectionType
{
    /// <summary>No section has this number.</summary>
    None = 0,

    /// <summary>The kernel; always the first section.</summary>
    Kernel = 1,

    /// <summary>The kernel's command line, text without an end mark; always the second section.</summary>
    CommandLine = 2,

    /// <summary>An initramfs archive; one or more.</summary>
    Ramdisk = 3,

    /// <summary>The signature over PCR0 with its certificate; from version 3 on.</summary>
    Signature = 4,

    /// <summary>JSON about the build; exactly one from version 4 on, none before.</summary>
    Metadata = 5,
}
