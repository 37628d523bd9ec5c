using System.Globalization;
using System.Text;

namespace Qos.Eif;

/// <summary>
/// Writes an archive as the kernel unpacks it: cpio, "newc" (kernel documentation: driver-api/early-userspace/buffer-format). Times, device
/// numbers and checksums are zero, inode numbers count from 1.
/// </summary>
internal sealed class CpioWriter(Stream output)
{
    private const int Alignment = 4;
    private const int ArchiveAlignment = 512;
    private const int FolderBits = 0x4000;
    private const int FileBits = 0x8000;
    private const int LinkBits = 0xa000;
    private const int CharacterDeviceBits = 0x2000;
    private const int BlockDeviceBits = 0x6000;
    private const string Trailer = "TRAILER!!!";

    private readonly byte[] _buffer = new byte[EifFormat.BufferSize];
    private long _position;
    private uint _inode;

    public void Write(RamdiskEntry entry, Func<string, EifPartSource> sources)
    {
        switch (entry)
        {
            case RamdiskEntry.Folder:
                WriteHeader(entry, FolderBits, links: 2, size: 0);
                break;
            case RamdiskEntry.RegularFile file:
                WriteFile(file, sources(file.Source));
                break;
            case RamdiskEntry.SymbolicLink link:
                byte[] target = Encoding.ASCII.GetBytes(link.Target);
                WriteHeader(entry, LinkBits, links: 1, target.Length);
                WriteBytes(target);
                break;
            case RamdiskEntry.Device device:
                WriteHeader(entry, device.IsBlock ? BlockDeviceBits : CharacterDeviceBits, links: 1, size: 0, device.Major, device.Minor);
                break;
            default:
                throw new InvalidOperationException($"{entry.GetType()} is not an entry of an archive.");
        }

        Pad(Alignment);
    }

    /// <summary>Writes the end mark, and zeros to a multiple of 512 bytes, as other tools do.</summary>
    public void Finish()
    {
        WriteHeader(Trailer, inode: 0, mode: 0, 0, 0, links: 1, size: 0, 0, 0);
        Pad(ArchiveAlignment);
    }

    private void WriteFile(RamdiskEntry.RegularFile file, EifPartSource source)
    {
        if (source.Length > uint.MaxValue)
            throw new RamdiskException($"{source.Name} has {source.Length} bytes; a file in an archive has at most {uint.MaxValue}.");
        WriteHeader(file, FileBits, links: 1, source.Length);
        EifPart.From(EifSectionType.Ramdisk, source).Read(_buffer, data => WriteBytes(data.Span));
    }

    private void WriteHeader(RamdiskEntry entry, int kind, int links, long size, int major = 0, int minor = 0) =>
        WriteHeader(entry.Path[1..], ++_inode, kind | entry.Mode, entry.UserId, entry.GroupId, links, size, major, minor);

    private void WriteHeader(string name, uint inode, int mode, int user, int group, int links, long size, int major, int minor)
    {
        // Magic, then: inode, mode, user, group, links, time, size, device (2), device described (2), length of the name with its end, checksum.
        string header = string.Create(
            CultureInfo.InvariantCulture,
            $"070701{inode:X8}{mode:X8}{user:X8}{group:X8}{links:X8}{0:X8}{size:X8}{0:X8}{0:X8}{major:X8}{minor:X8}{name.Length + 1:X8}{0:X8}{name}\0");
        WriteBytes(Encoding.ASCII.GetBytes(header));
        Pad(Alignment);
    }

    private void WriteBytes(ReadOnlySpan<byte> bytes)
    {
        output.Write(bytes);
        _position += bytes.Length;
    }

    private void Pad(int alignment)
    {
        Span<byte> zeros = stackalloc byte[ArchiveAlignment];
        zeros.Clear();
        WriteBytes(zeros[..(int)((alignment - (_position % alignment)) % alignment)]);
    }
}
