using System.Buffers.Binary;
using Qos.Client;
using Tmds.Linux;

namespace Qos.Cli;

/// <summary>A copy of the app's program as it was at one moment: what is hashed, approved and started, whatever becomes of the file.</summary>
internal static class DevSnapshot
{
    private const int ElfHeaderLength = 64;

    /// <summary>Copies the program, unless it is being written.</summary>
    /// <param name="source">The program.</param>
    /// <param name="target">The copy.</param>
    /// <returns>Whether it was copied; false when a program has it open for writing, or wrote only a part of it by now.</returns>
    /// <exception cref="CeremonyException">It cannot be read.</exception>
    public static bool TryTake(string source, string target)
    {
        if (Directory.Exists(source))
            throw new CeremonyException($"{source} is a folder: name the app's program.");
        InputFile.RequirePlain(source);
        try
        {
            using var file = new FileStream(source, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (IsBeingWritten(file) || !IsWhole(file))
                return false;
            File.Delete(target);
            using var copy = new FileStream(target, FileMode.CreateNew, FileAccess.Write);
            file.CopyTo(copy);
            return !IsBeingWritten(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CeremonyException(e is FileNotFoundException or DirectoryNotFoundException ? $"{source} is not there." : $"{source} cannot be read: {e.Message}", e);
        }
    }

    // The kernel grants no read lease while a descriptor that writes is open. One that it does not grant for another reason says nothing.
    private static bool IsBeingWritten(FileStream file)
    {
        int descriptor = (int)file.SafeFileHandle.DangerousGetHandle();

        // Whoever opens it for writing breaks the lease and raises a signal, whose default would end this process; SIGURG is ignored.
        _ = LibC.fcntl(descriptor, LibC.F_SETSIG, LibC.SIGURG);
        return LibC.fcntl(descriptor, LibC.F_SETLEASE, LibC.F_RDLCK) != 0 && System.Runtime.InteropServices.Marshal.GetLastPInvokeError() == LibC.EAGAIN;
    }

    // A linker that writes a program in one go writes the table of its sections last.
    private static bool IsWhole(FileStream file)
    {
        Span<byte> head = stackalloc byte[ElfHeaderLength];
        int length = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        file.Position = 0;
        if (length == 0)
            return false;
        if (length < ElfHeaderLength || !head.StartsWith("\u007fELF"u8) || head[4] != 2 || head[5] != 1)
            return true;
        ulong sections = BinaryPrimitives.ReadUInt64LittleEndian(head[40..]);
        uint size = (uint)BinaryPrimitives.ReadUInt16LittleEndian(head[58..]) * BinaryPrimitives.ReadUInt16LittleEndian(head[60..]);
        return sections <= (ulong)file.Length && sections + size <= (ulong)file.Length;
    }
}
