namespace Qos.Eif;

/// <summary>
/// Makes a ramdisk from its list. The bytes depend on the list and on the bytes of its files alone: not on the order of lines, the
/// clock, owners, permissions, or which libraries the host has.
/// </summary>
public static class RamdiskArchive
{
    // It is compressed in memory, and unpacked into an enclave's.
    private const long MaxCompressible = 1L << 30;

    /// <summary>Writes the archive as the kernel unpacks it, without compression.</summary>
    /// <param name="list">What it holds.</param>
    /// <param name="sources">The bytes of a file, by the source that its line names.</param>
    /// <param name="output">Takes the archive, a multiple of 512 bytes.</param>
    /// <exception cref="RamdiskException">A file is too large.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static void Write(RamdiskList list, Func<string, EifPartSource> sources, Stream output)
    {
        ArgumentNullException.ThrowIfNull(list);
        ArgumentNullException.ThrowIfNull(output);
        var writer = new CpioWriter(output);
        foreach (RamdiskEntry entry in list.Entries)
            writer.Write(entry, sources);
        writer.Finish();
    }

    /// <summary>Writes the archive compressed, with a compressor whose output depends on its pinned version alone.</summary>
    /// <param name="list">What it holds.</param>
    /// <param name="sources">The bytes of a file, by the source that its line names.</param>
    /// <param name="output">Takes the compressed archive, a multiple of 4 bytes.</param>
    /// <exception cref="RamdiskException">A file is too large.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static void WriteCompressed(RamdiskList list, Func<string, EifPartSource> sources, Stream output)
    {
        ArgumentNullException.ThrowIfNull(list);
        ArgumentNullException.ThrowIfNull(sources);
        ArgumentNullException.ThrowIfNull(output);
        long size = list.Entries.OfType<RamdiskEntry.RegularFile>().Sum(file => sources(file.Source).Length);
        if (size > MaxCompressible)
            throw new RamdiskException($"the files have {size} bytes together; at most {MaxCompressible} are compressed.");
        using var archive = new MemoryStream();
        Write(list, sources, archive);
        GzipWriter.Write(archive.GetBuffer().AsSpan(0, (int)archive.Length), output);
    }

    /// <summary>Sources below a folder.</summary>
    /// <exception cref="RamdiskException">One is missing or is not a file.</exception>
    public static Func<string, EifPartSource> FilesBelow(string folder) => source =>
    {
        string path = folder;
        foreach (string name in source.Split('/'))
        {
            path = Path.Combine(path, name);
            if (new FileInfo(path).LinkTarget is not null)
                throw new RamdiskException($"{path} is a symbolic link, which may lead anywhere: name the file that it leads to.");
        }

        return File.Exists(path)
            ? EifPartSource.FromFile(path)
            : throw new RamdiskException($"{path} is missing, or is not a file: build it first, or name another folder with --root.");
    };
}
