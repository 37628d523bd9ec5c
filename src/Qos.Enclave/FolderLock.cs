namespace Qos.Enclave;

/// <summary>Holds a node's folder for one process: a second one on the same folder would take the first one's files for leftovers.</summary>
internal sealed class FolderLock : IDisposable
{
    private const string Name = ".qos.lock";
    private readonly FileStream _file;

    private FolderLock(FileStream file) => _file = file;

    /// <summary>
    /// Takes the folder, and makes it for its owner alone when it is missing; the kernel gives it free when the process ends, however
    /// it ends.
    /// </summary>
    /// <exception cref="IOException">It cannot be made or written, or is held by another process.</exception>
    public static FolderLock Take(string directory)
    {
        string path = Path.Combine(directory, Name);
        try
        {
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            return new FolderLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0));
        }
        catch (Exception e) when (e is UnauthorizedAccessException || e is IOException && !IsTaken(e))
        {
            throw new IOException($"the folder {directory} cannot be used: {e.Message}", e);
        }
        catch (IOException e)
        {
            throw new IOException($"the folder {directory} is used by another qos-enclave: stop it, or name another folder with --dir", e);
        }
    }

    public void Dispose() => _file.Dispose();

    // EWOULDBLOCK, as the framework reports the refusal of a lock.
    private static bool IsTaken(Exception e) => e.HResult == 11;
}
