using System.Buffers.Binary;
using System.Globalization;

namespace Qos.Protocol;

/// <summary>
/// What a pivot's first bytes say about whether the enclave image can start it: the image holds no dynamic loader, no shell and no other
/// interpreter, and one kind of processor. Source: elf(5), execve(2).
/// </summary>
public static class PivotExecutable
{
    /// <summary>How many of a file's first bytes are looked at; the program headers of every usual linker are within them.</summary>
    public const int HeaderLength = 4096;

    private const int ElfHeaderLength = 64;
    private const int ProgramHeaderLength = 56;
    private const ushort MachineX64 = 62;
    private const ushort TypeExecutable = 2;
    private const ushort TypeShared = 3;
    private const uint Interpreter = 3;

    /// <summary>Why an enclave image cannot start the file, or null when nothing speaks against it. The text is safe to show.</summary>
    /// <param name="head">The file's first bytes, <see cref="HeaderLength"/> of them or the whole file.</param>
    public static string? DescribeUnstartable(ReadOnlySpan<byte> head)
    {
        if (head.IsEmpty)
            return "the file is empty";
        if (head.StartsWith("#!"u8))
            return $"the file is a script for {Line(head[2..])}, and the image has no interpreter; build a static program";
        if (!head.StartsWith("\u007fELF"u8) || head.Length < ElfHeaderLength)
            return "the file is no ELF program; build a static program for Linux on x86-64";
        if (head[4] != 2 || head[5] != 1)
            return "the file is an ELF program of 32 bits or of the other byte order; build it for x86-64";
        ushort machine = BinaryPrimitives.ReadUInt16LittleEndian(head[18..]);
        if (machine != MachineX64)
            return string.Create(CultureInfo.InvariantCulture, $"the file is a program for another processor ({MachineName(machine)}); build it for x86-64");
        if (BinaryPrimitives.ReadUInt16LittleEndian(head[16..]) is not (TypeExecutable or TypeShared))
            return "the file is an ELF object that is not linked; link it to a program";
        return LoaderOf(head) is { } loader
            ? $"the program is linked dynamically and needs the loader {loader}, which the image does not have; link it statically"
            : null;
    }

    /// <summary>Why an image cannot take a file of this length over the wire, or null.</summary>
    /// <param name="length">The file's length in bytes.</param>
    public static string? DescribeTooLong(long length)
    {
        // The envelope has to fit into the same message.
        const long Most = ProtocolLimits.MaxMessageBytes - 65_536;
        return length <= Most
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"the file has {length} bytes; a boot message has at most {ProtocolLimits.MaxMessageBytes}, so a pivot can have about {Most / 1_048_576} MiB");
    }

    /// <summary>The dynamic loader that an ELF program names, or null.</summary>
    /// <param name="head">The file's first bytes.</param>
    public static string? LoaderOf(ReadOnlySpan<byte> head)
    {
        if (head.Length < ElfHeaderLength || !head.StartsWith("\u007fELF"u8) || head[4] != 2 || head[5] != 1)
            return null;
        ulong offset = BinaryPrimitives.ReadUInt64LittleEndian(head[32..]);
        int size = BinaryPrimitives.ReadUInt16LittleEndian(head[54..]);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(head[56..]);
        for (int index = 0; index < count && size >= ProgramHeaderLength; index++)
        {
            ulong at = offset + ((ulong)index * (ulong)size);
            if (at > (ulong)(head.Length - ProgramHeaderLength))
                return null;
            ReadOnlySpan<byte> header = head[(int)at..];
            if (BinaryPrimitives.ReadUInt32LittleEndian(header) != Interpreter)
                continue;
            ulong start = BinaryPrimitives.ReadUInt64LittleEndian(header[8..]);
            return start < (ulong)head.Length ? Line(head[(int)start..]) : "(its name is further on)";
        }

        return null;
    }

    // Up to a NUL, a line's end, or 100 bytes, safe to show.
    private static string Line(ReadOnlySpan<byte> bytes)
    {
        int end = bytes.IndexOfAny((byte)0, (byte)'\n', (byte)'\r');
        bytes = end < 0 ? bytes : bytes[..end];
        return VisibleText.Escape(System.Text.Encoding.UTF8.GetString(bytes[..Math.Min(bytes.Length, 100)]).Trim());
    }

    private static string MachineName(ushort machine) => machine switch
    {
        3 => "i386",
        40 => "arm",
        183 => "arm64",
        243 => "riscv",
        _ => machine.ToString(CultureInfo.InvariantCulture),
    };
}
