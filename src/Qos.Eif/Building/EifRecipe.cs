using System.Text;
namespace Qos.Eif;

/// <summary>
/// What an image is built from. Format: docs/protocol/eif.md, File. The same parts give the same bytes: nothing is taken from the clock, the
/// host or the order of a folder. Sections are written in the order of existing tools: kernel, command line, metadata, ramdisks.
/// </summary>
public sealed record EifRecipe
{
    /// <summary>The memory that existing tools write into the header: 1 GiB.</summary>
    public const ulong UsualMemory = 1UL << 30;

    /// <summary>The processors that existing tools write into the header.</summary>
    public const ulong UsualCpus = 2;

    /// <summary>The kernel: a bzImage, or an Image for arm64.</summary>
    public required EifPartSource Kernel { get; init; }

    /// <summary>Its command line: printable ASCII, at most 2047 bytes.</summary>
    public required string CommandLine { get; init; }

    /// <summary>The ramdisks; PCR1 covers the first, PCR2 the others. One to 28, so that a signature still has room.</summary>
    public required IReadOnlyList<EifPartSource> Ramdisks { get; init; }

    /// <summary>What the image says about itself.</summary>
    public required EifMetadata Metadata { get; init; }

    /// <summary>The processor that the kernel is for.</summary>
    public EifArchitecture Architecture { get; init; }

    /// <summary>Bytes of memory, for whoever starts the image without saying how many.</summary>
    public ulong DefaultMemory { get; init; } = UsualMemory;

    /// <summary>Processors, for whoever starts the image without saying how many.</summary>
    public ulong DefaultCpus { get; init; } = UsualCpus;

    /// <summary>Writes the image.</summary>
    /// <param name="output">Seekable, empty.</param>
    /// <exception cref="EifException">A part is empty, too large or changed meanwhile; the command line or the metadata cannot be.</exception>
    public void Write(Stream output)
    {
        ArgumentNullException.ThrowIfNull(output);
        EifPart[] parts = MakeParts();
        long[] sizes = [.. parts.Select(static part => part.Size)];
        EifWriter.Write(output, new EifHeader(EifFormat.CurrentVersion, Architecture, DefaultMemory, DefaultCpus, sizes, Crc: 0), parts);
    }

    private EifPart[] MakeParts()
    {
        const int mostRamdisks = EifFormat.MaxSections - 4;
        if (Ramdisks.Count is 0 or > mostRamdisks)
            throw new EifException($"an image needs 1 to {mostRamdisks} ramdisks, {Ramdisks.Count} were given.");
        foreach (EifPartSource source in Ramdisks.Prepend(Kernel))
        {
            if (source.Length == 0)
                throw new EifException($"{source.Name} is empty.");
        }

        byte[] commandLine = Encoding.UTF8.GetBytes(CommandLine);
        KernelCommandLine.Require(commandLine, offset: 0);
        byte[] metadata = Metadata.Encode();
        if (metadata.Length > EifFormat.MaxMetadata)
            throw new EifException($"the metadata has {metadata.Length} bytes; at most {EifFormat.MaxMetadata} may be.");
        return
        [
            EifPart.From(EifSectionType.Kernel, Kernel),
            EifPart.FromBytes(EifSectionType.CommandLine, commandLine),
            EifPart.FromBytes(EifSectionType.Metadata, metadata),
            .. Ramdisks.Select(static ramdisk => EifPart.From(EifSectionType.Ramdisk, ramdisk)),
        ];
    }
}
