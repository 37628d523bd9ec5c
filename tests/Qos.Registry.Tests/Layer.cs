using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Qos.Registry.Tests;

/// <summary>Makes layers, by the framework's tar writer.</summary>
internal sealed class Layer
{
    private readonly List<System.Formats.Tar.TarEntry> _entries = [];

    public Layer File(string path, string content) => File(path, Encoding.UTF8.GetBytes(content));

    public Layer File(string path, byte[] content)
    {
        _entries.Add(new PaxTarEntry(TarEntryType.RegularFile, path) { DataStream = new MemoryStream(content) });
        return this;
    }

    public Layer Folder(string path)
    {
        _entries.Add(new PaxTarEntry(TarEntryType.Directory, path));
        return this;
    }

    public Layer SymbolicLink(string path, string target)
    {
        _entries.Add(new PaxTarEntry(TarEntryType.SymbolicLink, path) { LinkName = target });
        return this;
    }

    public Layer HardLink(string path, string target)
    {
        _entries.Add(new PaxTarEntry(TarEntryType.HardLink, path) { LinkName = target });
        return this;
    }

    public byte[] Tar()
    {
        using var bytes = new MemoryStream();
        using (var tar = new TarWriter(bytes, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (System.Formats.Tar.TarEntry entry in _entries)
                tar.WriteEntry(entry);
        }

        return bytes.ToArray();
    }

    public byte[] Gzip() => Gzip(Tar());

    public byte[] Zstd()
    {
        using var compressor = new ZstdSharp.Compressor();
        return compressor.Wrap(Tar()).ToArray();
    }

    public static byte[] Gzip(byte[] bytes)
    {
        using var output = new MemoryStream();
        using (var gzip = new GZipStream(output, CompressionLevel.Fastest))
            gzip.Write(bytes);
        return output.ToArray();
    }

    public static string Digest(byte[] bytes) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes));
}
