using Microsoft.Win32.SafeHandles;
using Qos.Native;
using Tmds.Linux;

namespace Qos.Eif;

/// <summary>Bytes that are read when they are needed: a file, or memory.</summary>
public sealed class EifPartSource
{
    private readonly Func<Stream> _open;

    private EifPartSource(string name, long length, Func<Stream> open)
    {
        Name = name;
        Length = length;
        _open = open;
    }

    /// <summary>What it is called in messages.</summary>
    public string Name { get; }

    /// <summary>Its bytes when it was named.</summary>
    public long Length { get; }

    /// <summary>A file.</summary>
    /// <exception cref="IOException">It is not there or cannot be read.</exception>
    public static EifPartSource FromFile(string path)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException($"{path} is missing, or is not a file.", path);
        if (LibC.IsSpecialFile(path))
            throw new IOException($"{path} is a device or a pipe, and is read more than once: copy it to a file first.");
        // Of a symbolic link, FileInfo tells the length of its text.
        using SafeFileHandle file = File.OpenHandle(path);
        return new EifPartSource(path, RandomAccess.GetLength(file), () => new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0));
    }

    /// <summary>Bytes in memory.</summary>
    public static EifPartSource FromBytes(string name, byte[] bytes)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        return new EifPartSource(name, bytes.Length, () => new MemoryStream(bytes, writable: false));
    }

    /// <summary>Opens it at its first byte; the caller closes it.</summary>
    public Stream Open() => _open();
}
