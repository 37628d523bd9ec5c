using System.Runtime.InteropServices;
using Qos.Native;

namespace Qos.Client;

/// <summary>Writes the files of a ceremony: complete or not at all, and never over something that is there unless that was asked for.</summary>
public static class OutputFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Readable = OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>Writes a file.</summary>
    /// <param name="path">Where; its folder is made when it is missing. A device or an open descriptor, as in <c>/dev/stdout</c>, is written into.</param>
    /// <param name="bytes">What.</param>
    /// <param name="overwrite">Whether a file that is there may be replaced.</param>
    /// <param name="ownerOnly">Whether nobody else may read it.</param>
    /// <exception cref="CeremonyException">The file is there already, or cannot be written.</exception>
    public static void Write(string path, ReadOnlySpan<byte> bytes, bool overwrite = false, bool ownerOnly = false)
    {
        string full = Path.GetFullPath(path);
        if (IsStream(full))
        {
            WriteInto(full, path, bytes);
            return;
        }

        string folder = Path.GetDirectoryName(full) ?? "/";
        string draft = Path.Combine(folder, $".{Path.GetFileName(full)}.{Guid.NewGuid():N}");
        try
        {
            RequireFree(path, overwrite);
            Directory.CreateDirectory(folder);
            using (var file = new FileStream(draft, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,

                // What is written may be a secret, which no buffer of the runtime's should keep.
                BufferSize = 0,
                UnixCreateMode = ownerOnly ? OwnerOnly : Readable,
            }))
            {
                file.Write(bytes);
                file.Flush(flushToDisk: true);
            }

            if (LibC.Rename(draft, full, overwrite) is not 0 and var error)
                throw new IOException(Marshal.GetPInvokeErrorMessage(error));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            TryDelete(draft);
            throw File.Exists(full) && !overwrite ? Taken(path) : new CeremonyException($"{path} cannot be written: {e.Message}", e);
        }
    }

    /// <summary>Refuses a path that is taken, before work is done for it.</summary>
    /// <exception cref="CeremonyException">A file is there.</exception>
    public static void RequireFree(string path, bool overwrite = false)
    {
        if (!overwrite && Path.Exists(path) && !IsStream(Path.GetFullPath(path)))
            throw Taken(path);
    }

    // A device, or a descriptor by its name: a rename would put a file in its place, /dev/null's for one.
    private static bool IsStream(string full) => LibC.IsSpecialFile(full) || (File.Exists(full) && (full.StartsWith("/proc/", StringComparison.Ordinal)
        || (full.StartsWith("/dev/", StringComparison.Ordinal) && !full.StartsWith("/dev/shm/", StringComparison.Ordinal))));

    private static void WriteInto(string full, string path, ReadOnlySpan<byte> bytes)
    {
        try
        {
            using var stream = new FileStream(full, new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write, Share = FileShare.ReadWrite, BufferSize = 0 });
            stream.Write(bytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CeremonyException($"{path} cannot be written: {e.Message}", e);
        }
    }

    // What went wrong before is what is told.
    private static void TryDelete(string draft)
    {
        try
        {
            File.Delete(draft);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }

    private static CeremonyException Taken(string path) => new($"{path} exists already and is not overwritten: name another file, or move it away.");
}
