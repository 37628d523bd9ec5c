using Qos.Native;
using Qos.Verify;
using Tmds.Linux;

namespace Qos.Client;

/// <summary>Writes the files of a ceremony: complete or not at all, and never over something that is there unless that was asked for.</summary>
public static class OutputFile
{
    // What the shell and other programs call the descriptors that they pass.
    private static readonly string[] s_descriptors = ["/dev/stdout", "/dev/stderr", "/dev/fd/", "/proc/self/fd/"];

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
            RequireOwnStream(full, path);
            WriteInto(full, path, bytes);
            return;
        }

        bool isWritten;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(full) ?? "/");
            isWritten = AtomicFile.TryWrite(full, bytes, ownerOnly ? AtomicFile.OwnerOnly : AtomicFile.Readable, overwrite);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CeremonyException($"{path} cannot be written: {e.Message}", e);
        }

        if (!isWritten)
            throw Taken(path, hasForce: false);
    }

    /// <summary>Writes a file that is too large to be held, an image for one.</summary>
    /// <param name="path">Where; its folder is made when it is missing. A device or a pipe is refused: nobody could move in it.</param>
    /// <param name="write">Writes the contents into a stream in which it may read and move. Its exceptions are not changed, and leave no file.</param>
    /// <param name="overwrite">Whether a file that is there may be replaced; the command has an option for it.</param>
    /// <exception cref="CeremonyException">The file is there already, or cannot be written.</exception>
    public static void Write(string path, Action<Stream> write, bool overwrite)
    {
        ArgumentNullException.ThrowIfNull(write);
        RequireFile(path, overwrite);
        string full = Path.GetFullPath(path);
        Exception? refused = null;
        bool isWritten;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(full) ?? "/");
            isWritten = AtomicFile.TryWrite(full, Guarded, AtomicFile.Readable, overwrite);
        }
        catch (Exception e) when (e != refused && (e is IOException or UnauthorizedAccessException))
        {
            throw new CeremonyException($"{path} cannot be written: {e.Message}", e);
        }

        if (!isWritten)
            throw Taken(path, hasForce: true);

        void Guarded(Stream stream)
        {
            try
            {
                write(stream);
            }
            catch (Exception e)
            {
                refused = e;
                throw;
            }
        }
    }

    /// <summary>Refuses a path that is taken, or is a device or a pipe, before work is done for it.</summary>
    /// <exception cref="CeremonyException">A file is there, or something that is not a file.</exception>
    public static void RequireFile(string path, bool overwrite)
    {
        if (IsStream(Path.GetFullPath(path)))
            throw new CeremonyException($"{path} is a device or a pipe, into which no image or ramdisk can be written: name a file.");
        RequireFree(path, overwrite, hasForce: true);
    }

    /// <summary>Refuses a path that is taken, or a stream that others read, before work is done for it; nothing there may be replaced.</summary>
    /// <exception cref="CeremonyException">A file is there.</exception>
    public static void RequireFree(string path) => RequireFree(path, overwrite: false, hasForce: false);

    /// <summary>The same, where the command has an option that allows it to be replaced.</summary>
    /// <exception cref="CeremonyException">A file is there.</exception>
    public static void RequireFree(string path, bool overwrite) => RequireFree(path, overwrite, hasForce: true);

    private static void RequireFree(string path, bool overwrite, bool hasForce)
    {
        string full = Path.GetFullPath(path);
        if (IsStream(full))
            RequireOwnStream(full, path);
        else if (!overwrite && Path.Exists(path))
            throw Taken(path, hasForce);
    }

    // A device, or a descriptor by its name: a rename would put a file in its place, /dev/null's for one.
    private static bool IsStream(string full) => LibC.IsSpecialFile(full) || (File.Exists(full) && NamedFile.IsPassed(full));

    // Somebody else's pipe, or a link that somebody made to one, would get what is written, a share for one.
    private static void RequireOwnStream(string full, string path)
    {
        if (s_descriptors.Any(name => full.StartsWith(name, StringComparison.Ordinal)))
            return;
        if (new FileInfo(full).LinkTarget is not null)
            throw new CeremonyException($"{path} is a symbolic link to a pipe or a device, which is not written into: name it itself, or write to /dev/stdout.");
        if (full.StartsWith("/dev/", StringComparison.Ordinal))
            return;
        if (!FileOwner.IsPrivate(full))
            throw new CeremonyException($"{path} is a pipe or a device that is not yours alone: make it one of your own with mode 0600, or write to /dev/stdout.");
    }

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

    private static CeremonyException Taken(string path, bool hasForce) => new(
        $"{path} exists already and is not overwritten: name another file, {(hasForce ? "or replace it with --force" : "or move it away")}.");
}
