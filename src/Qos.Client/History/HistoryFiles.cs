namespace Qos.Client;

/// <summary>Where the files of a history are: on this machine's disk, or in a bundle, of which nothing is written anywhere.</summary>
internal abstract class HistoryFiles
{
    /// <summary>Those on the disk.</summary>
    public static HistoryFiles OnDisk { get; } = new Disk();

    /// <summary>Those of a bundle.</summary>
    public static HistoryFiles In(ProofBundle bundle) => new Bundle(bundle);

    public abstract bool IsFolder(string path);

    public abstract bool IsFile(string path);

    /// <summary>A file's bytes.</summary>
    /// <exception cref="CeremonyException">It cannot be read.</exception>
    public abstract byte[] Bytes(string path);

    private sealed class Disk : HistoryFiles
    {
        public override bool IsFolder(string path) => Directory.Exists(path);

        public override bool IsFile(string path) => File.Exists(path);

        public override byte[] Bytes(string path)
        {
            InputFile.RequirePlain(path);
            return InputFile.Bytes(path);
        }
    }

    private sealed class Bundle(ProofBundle bundle) : HistoryFiles
    {
        public override bool IsFolder(string path) => bundle.Files.Keys.Any(name => name.StartsWith(path + "/", StringComparison.Ordinal));

        public override bool IsFile(string path) => bundle.Files.ContainsKey(path);

        public override byte[] Bytes(string path) =>
            bundle.Files.TryGetValue(path, out byte[]? bytes) ? bytes : throw new CeremonyException($"{path} is not in the bundle.");
    }
}
