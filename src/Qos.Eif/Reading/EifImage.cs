using System.Text;
namespace Qos.Eif;

/// <summary>What was read of an image: everything but the kernel and the ramdisks themselves. Format: docs/protocol/eif.md.</summary>
public sealed class EifImage
{
    private readonly EifHeader _header;

    internal EifImage(
        EifHeader header,
        IReadOnlyList<EifSection> sections,
        byte[] commandLine,
        byte[]? metadata,
        byte[]? signatureBytes,
        EifSignature? signature,
        EifMeasurements measurements,
        uint computedCrc)
    {
        _header = header;
        Sections = sections;
        CommandLine = Encoding.ASCII.GetString(commandLine);
        // No array, converted, would be an empty section and not none.
        if (metadata is not null)
        {
            Metadata = EifMetadata.Parse(metadata);
            MetadataBytes = metadata;
        }

        if (signatureBytes is not null)
            SignatureBytes = signatureBytes;
        Signature = signature;
        Measurements = measurements;
        ComputedCrc = computedCrc;
    }

    /// <summary>The format's version, 2 to 4.</summary>
    public int Version => _header.Version;

    /// <summary>The processor that the kernel is for. Not measured.</summary>
    public EifArchitecture Architecture => _header.Architecture;

    /// <summary>Bytes of memory, where whoever starts the image says no other number. Not measured.</summary>
    public ulong DefaultMemory => _header.DefaultMemory;

    /// <summary>Processors, where whoever starts the image says no other number. Not measured.</summary>
    public ulong DefaultCpus => _header.DefaultCpus;

    /// <summary>The sections in the file's order.</summary>
    public IReadOnlyList<EifSection> Sections { get; }

    /// <summary>The kernel's command line: printable ASCII.</summary>
    public string CommandLine { get; }

    /// <summary>What the image says about itself; null before version 4. Not measured.</summary>
    public EifMetadata? Metadata { get; }

    /// <summary>The metadata section as it is in the file.</summary>
    public ReadOnlyMemory<byte>? MetadataBytes { get; }

    /// <summary>The signature, not yet checked; null if there is none.</summary>
    public EifSignature? Signature { get; }

    /// <summary>The signature section as it is in the file.</summary>
    public ReadOnlyMemory<byte>? SignatureBytes { get; }

    /// <summary>PCR0, PCR1, PCR2, and PCR8 if there is a signature.</summary>
    public EifMeasurements Measurements { get; }

    /// <summary>The checksum in the header.</summary>
    public uint StatedCrc => _header.Crc;

    /// <summary>The checksum over the file.</summary>
    public uint ComputedCrc { get; }

    /// <summary>Bytes of the file.</summary>
    public long Length => Sections[^1].End;

    internal EifHeader Header => _header;
}
