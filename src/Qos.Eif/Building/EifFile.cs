using System.Runtime.InteropServices;
using Qos.Native;
using Tmds.Linux;

namespace Qos.Eif;

/// <summary>Files that are there completely or not at all, however large: written under another name and moved when they are whole.</summary>
public static class EifFile
{
    /// <summary>Writes one.</summary>
    /// <param name="path">Where; its folder is made when it is missing.</param>
    /// <param name="overwrite">Whether a file that is there may be replaced.</param>
    /// <param name="write">Writes the contents into a seekable stream.</param>
    /// <exception cref="IOException">The file is there already, or cannot be written.</exception>
    public static void Write(string path, bool overwrite, Action<Stream> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        string full = Path.GetFullPath(path);
        RequireFree(path, overwrite);
        string folder = Path.GetDirectoryName(full) ?? "/";
        Directory.CreateDirectory(folder);
        string draft = Path.Combine(folder, $".{Path.GetFileName(full)}.{Guid.NewGuid():N}");
        try
        {
            using (var file = new FileStream(draft, FileMode.CreateNew, FileAccess.ReadWrite))
            {
                write(file);
                file.Flush(flushToDisk: true);
            }

            if (LibC.Rename(draft, full, overwrite) is not 0 and var error)
                throw error == LibC.EEXIST ? Taken(path) : new IOException($"{path} cannot be written: {Marshal.GetPInvokeErrorMessage(error)}");
        }
        catch
        {
            File.Delete(draft);
            throw;
        }
    }

    /// <summary>Refuses a path that is taken, before work is done for it.</summary>
    /// <exception cref="IOException">A file is there, or something that is not a file.</exception>
    public static void RequireFree(string path, bool overwrite)
    {
        // A rename would put the image in its place, /dev/null's for one; and the checksum stands before what it is over.
        if (LibC.IsSpecialFile(path))
            throw new IOException($"{path} is a device or a pipe, into which no image or ramdisk can be written: name a file.");
        if (!overwrite && Path.Exists(path))
            throw Taken(path);
    }

    private static IOException Taken(string path) => new($"{path} exists already: name another file, or allow it to be replaced with --force.");
}
