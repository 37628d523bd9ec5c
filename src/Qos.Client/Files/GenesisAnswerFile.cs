namespace Qos.Client;

/// <summary>
/// The answer of a genesis on its way into its folder. A node makes one genesis and keeps nothing of it, so the room for the answer is taken on
/// disk before the node is asked, and the answer is there as it came before anything is verified or written: a full disk, a kill or a wrong
/// <c>--root</c> loses nothing, and a later run goes on from here without asking the node again.
/// </summary>
internal sealed class GenesisAnswerFile : IDisposable
{
    /// <summary>Its name in the folder of the genesis.</summary>
    public const string FileName = "genesis_answer.unverified";

    private const int MaxBytes = 64 * 1024 * 1024;
    private const int DocumentBytes = 16 * 1024;
    private const int MemberBytes = 2 * 1024;

    private readonly FileStream _file;
    private readonly string _folder;
    private readonly bool _madeFolder;

    private GenesisAnswerFile(FileStream file, string folder, bool madeFolder)
    {
        _file = file;
        _folder = folder;
        _madeFolder = madeFolder;
    }

    /// <summary>Whether a folder holds one.</summary>
    public static bool IsIn(string folder) => File.Exists(Path.Combine(folder, FileName));

    /// <summary>Opens it, makes it when it is not there, and keeps other runs out while it is open.</summary>
    /// <exception cref="CeremonyException">It cannot be made, or another run has it open.</exception>
    public static GenesisAnswerFile Open(string folder)
    {
        string path = Path.Combine(folder, FileName);
        if (new FileInfo(path).LinkTarget is not null)
            throw new CeremonyException($"{path} is a symbolic link, which is not written through: move it away.");
        try
        {
            bool isNew = !Directory.Exists(folder);
            Directory.CreateDirectory(folder);
            return new GenesisAnswerFile(
                new FileStream(path, new FileStreamOptions
                {
                    Mode = FileMode.OpenOrCreate,
                    Access = FileAccess.ReadWrite,
                    Share = FileShare.None,
                    BufferSize = 0,
                    UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                }),
                folder,
                isNew);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CeremonyException($"{folder} cannot be written into: {e.Message}", e);
        }
    }

    /// <summary>The answer that an earlier run kept; null when there is none.</summary>
    /// <exception cref="CeremonyException">It cannot be read.</exception>
    public byte[]? Read()
    {
        try
        {
            if (_file.Length > MaxBytes)
                throw new CeremonyException($"{_file.Name} is too large for the answer of a genesis; move it away.");
            byte[] bytes = new byte[_file.Length];
            _file.Position = 0;
            _file.ReadExactly(bytes);

            // What was reserved and not written is zero.
            ReadOnlySpan<byte> answer = bytes.AsSpan().TrimEnd((byte)0);
            return answer.IsEmpty ? null : answer.ToArray();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CeremonyException($"{_file.Name} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Takes the room that the answer and the files of its parts need, with real bytes on disk.</summary>
    /// <param name="members">How many members get a share.</param>
    /// <param name="aliasBytes">Bytes of their aliases together.</param>
    /// <exception cref="CeremonyException">There is not enough room.</exception>
    public void Reserve(int members, int aliasBytes)
    {
        // As JSON with hex, which is twice the bytes; then the same once more for the files.
        long size = 4L * (DocumentBytes + ((long)members * MemberBytes) + (2L * aliasBytes));
        try
        {
            byte[] zeros = new byte[64 * 1024];
            _file.Position = 0;
            for (long left = size; left > 0; left -= zeros.Length)
                _file.Write(zeros, 0, (int)Math.Min(left, zeros.Length));
            _file.Flush(flushToDisk: true);
        }
        catch (IOException e)
        {
            throw new CeremonyException($"{_folder} has no room for a genesis, {size} bytes: {e.Message.TrimEnd('.')}. The node was not asked.", e);
        }
    }

    /// <summary>Keeps the answer, in the room that was taken for it.</summary>
    public void Keep(ReadOnlySpan<byte> answer)
    {
        _file.Position = 0;
        _file.Write(answer);
        _file.Flush(flushToDisk: true);

        // Only now: what is cut off makes room for the files.
        _file.SetLength(answer.Length);
        _file.Flush(flushToDisk: true);
    }

    /// <summary>Takes it away, once everything that was in it is elsewhere.</summary>
    public void Delete() => File.Delete(_file.Name);

    /// <summary>Takes it away, and the folder if it was made for it: the node was not asked, or refused.</summary>
    public void GiveUp()
    {
        Delete();
        if (_madeFolder && !Directory.EnumerateFileSystemEntries(_folder).Any())
            Directory.Delete(_folder);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
