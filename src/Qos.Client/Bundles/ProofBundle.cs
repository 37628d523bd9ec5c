using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;
using Qos.Protocol;
using Qos.Serialization;

namespace Qos.Client;

/// <summary>
/// Everything that is needed to check proofs in years, in one archive: proofs, certificates, measurements, how the image is built again, the key's history. The same files
/// make the same bytes. Format: docs/protocol/proofs.md, Bundle.
/// </summary>
public sealed class ProofBundle
{
    /// <summary>The file that lists all others.</summary>
    public const string IndexName = "bundle.json";

    private const string Version = "qos-bundle-v1";
    private const int MaxFiles = 10_000;
    private const int MaxNameLength = 100;

    private readonly SortedDictionary<string, byte[]> _files = new(StringComparer.Ordinal);

    /// <summary>The files besides the index, by name.</summary>
    public IReadOnlyDictionary<string, byte[]> Files => _files;

    /// <summary>The steps of the key's history in their order: names of files, or of folders without a slash at the end.</summary>
    public IReadOnlyList<string> History { get; private set; } = [];

    /// <summary>Adds a file.</summary>
    /// <exception cref="CeremonyException">The name cannot be, or is there already.</exception>
    public void Add(string name, byte[] bytes)
    {
        if (!IsName(name))
            throw new CeremonyException($"{VisibleText.Escape(name)} cannot be a name in a bundle: letters, digits, '.', '_', '-', in at most two folders, {MaxNameLength} characters.");
        if (!_files.TryAdd(name, bytes))
            throw new CeremonyException($"{name} is twice in the bundle.");
    }

    /// <summary>Adds the steps of a history, each a file or a folder of files.</summary>
    /// <exception cref="CeremonyException">One cannot be read.</exception>
    public void AddHistory(IReadOnlyList<string> paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        var steps = new List<string>();
        foreach (string path in paths)
        {
            string step = $"history/{steps.Count + 1:00}";
            if (Directory.Exists(path))
            {
                foreach (string file in InputFile.Of(path, ""))
                    Add($"{step}/{Path.GetFileName(file)}", InputFile.Bytes(file));
            }
            else
            {
                Add(step, InputFile.Bytes(path));
            }

            steps.Add(step);
        }

        History = steps;
    }

    /// <summary>The archive: tar (ustar), the index first, then the files in the order of their names; no times and no owners.</summary>
    public byte[] Write()
    {
        using var stream = new MemoryStream();
        using (var tar = new TarWriter(stream, TarEntryFormat.Ustar, leaveOpen: true))
        {
            Put(tar, IndexName, Index());
            foreach ((string name, byte[] bytes) in _files)
                Put(tar, name, bytes);
        }

        return stream.ToArray();
    }

    /// <summary>Reads an archive: plain files, those of the index and no others, each with the hash that it has there.</summary>
    /// <exception cref="EncodingException">It is something else.</exception>
    public static ProofBundle Read(byte[] archive)
    {
        ArgumentNullException.ThrowIfNull(archive);
        var bundle = new ProofBundle();
        byte[]? index = null;
        try
        {
            using var tar = new TarReader(new MemoryStream(archive));
            while (tar.GetNextEntry(copyData: true) is { } entry)
            {
                if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile) || bundle._files.Count == MaxFiles)
                    throw new EncodingException("it holds something else than files, or too many of them", 0);
                using var bytes = new MemoryStream();
                entry.DataStream?.CopyTo(bytes);
                if (entry.Name == IndexName && index is null)
                    index = bytes.ToArray();
                else if (!IsName(entry.Name) || !bundle._files.TryAdd(entry.Name, bytes.ToArray()))
                    throw new EncodingException($"the name {VisibleText.Escape(entry.Name)} cannot be, or is there twice", 0);
            }
        }
        catch (Exception e) when (e is InvalidDataException or IOException or ArgumentException or NotSupportedException)
        {
            throw new EncodingException($"it is no tar archive: {e.Message}", e);
        }

        bundle.Check(index ?? throw new EncodingException($"it has no {IndexName}", 0));
        return bundle;
    }

    private byte[] Index()
    {
        using var writer = new QosJsonWriter(JsonForm.Canonical);
        writer.BeginObject();
        writer.WritePropertyName("files");
        writer.BeginObject();
        foreach ((string name, byte[] bytes) in _files)
        {
            writer.WritePropertyName(name);
            writer.WriteHex(SHA256.HashData(bytes));
        }

        writer.EndObject();
        writer.WritePropertyName("history");
        writer.BeginArray();
        foreach (string step in History)
            writer.WriteString(step);
        writer.EndArray();
        writer.WritePropertyName("version");
        writer.WriteString(Version);
        writer.EndObject();
        return writer.ToArray();
    }

    private void Check(byte[] index)
    {
        var reader = new QosJsonReader(index);
        bool hasVersion = false;
        int listed = 0;
        reader.BeginObject();
        while (reader.NextMember(out ReadOnlySpan<byte> member))
        {
            if (member.SequenceEqual("version"u8))
            {
                hasVersion = reader.ReadString(Version.Length) == Version ? true : throw reader.Error($"the version is not {Version}");
            }
            else if (member.SequenceEqual("history"u8))
            {
                History = ReadHistory(ref reader);
            }
            else if (member.SequenceEqual("files"u8))
            {
                reader.BeginObject();
                while (reader.NextMember(out ReadOnlySpan<byte> raw))
                {
                    string name = Encoding.UTF8.GetString(raw);
                    byte[] expected = reader.ReadHex(SHA256.HashSizeInBytes);
                    if (!_files.TryGetValue(name, out byte[]? bytes) || !SHA256.HashData(bytes).AsSpan().SequenceEqual(expected))
                        throw new EncodingException($"{VisibleText.Escape(name)} is not there, or not the one whose hash the index has", 0);
                    listed++;
                }
            }
            else
            {
                throw reader.Error("unknown member");
            }
        }

        reader.End();
        if (!hasVersion || listed != _files.Count)
            throw new EncodingException("the index has no version, or does not list every file", 0);
    }

    private static List<string> ReadHistory(ref QosJsonReader reader)
    {
        var steps = new List<string>();
        reader.BeginArray();
        while (reader.NextElement())
        {
            string step = reader.ReadString(MaxNameLength);
            if (!IsName(step) || steps.Count == MaxFiles)
                throw reader.Error("a step of the history is no name");
            steps.Add(step);
        }

        return steps;
    }

    // What cannot leave a folder, hide in it or be another file's on any system.
    private static bool IsName(string name)
    {
        string[] parts = name.Split('/');
        return name.Length is > 0 and <= MaxNameLength && parts.Length <= 3
            && parts.All(static part => part.Length > 0 && part[0] != '.' && part.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-'));
    }

    private static void Put(TarWriter tar, string name, byte[] bytes) => tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name)
    {
        Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead,
        ModificationTime = DateTimeOffset.UnixEpoch,
        Uid = 0,
        Gid = 0,
        DataStream = new MemoryStream(bytes),
    });
}
