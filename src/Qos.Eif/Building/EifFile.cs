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

            File.Move(draft, full, overwrite);
        }
        catch
        {
            File.Delete(draft);
            throw;
        }
    }

    /// <summary>Refuses a path that is taken, before work is done for it.</summary>
    /// <exception cref="IOException">A file is there.</exception>
    public static void RequireFree(string path, bool overwrite)
    {
        if (!overwrite && Path.Exists(path))
            throw new IOException($"{path} exists already: name another file, or allow it to be replaced with --force.");
    }
}
