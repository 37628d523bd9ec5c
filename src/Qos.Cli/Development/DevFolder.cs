using Qos.Verify;

namespace Qos.Cli;

/// <summary>
/// The folder of one <c>qos dev run</c>, in which everything that it makes is. It is removed in the end; of a run that was killed the next one removes
/// it, which it knows by the lock that nobody holds.
/// </summary>
internal sealed class DevFolder : IDisposable
{
    private const string Prefix = "qos-dev-";
    private const string LockName = "lock";

    private readonly FileStream _lock;

    private DevFolder(string path)
    {
        Path = path;
        _lock = TakeLock(path, FileMode.Create);
        AppDomain.CurrentDomain.ProcessExit += Remove;
    }

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>Makes one, after the leftovers of killed runs are gone.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    public static DevFolder Make()
    {
        foreach (string other in Directory.EnumerateDirectories(System.IO.Path.GetTempPath(), Prefix + "*"))
            RemoveStale(other);
        return new DevFolder(Directory.CreateTempSubdirectory(Prefix).FullName);
    }

    /// <summary>A folder in it.</summary>
    public string Make(string name) => Directory.CreateDirectory(System.IO.Path.Combine(Path, name)).FullName;

    /// <summary>Removes it.</summary>
    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= Remove;
        Remove(null, EventArgs.Empty);
    }

    private static FileStream TakeLock(string path, FileMode mode) => new(System.IO.Path.Combine(path, LockName), mode, FileAccess.ReadWrite, FileShare.None);

    private static void RemoveStale(string path)
    {
        try
        {
            // Who made another user's folder could put links into it while it is removed.
            if (!FileOwner.IsPrivate(path))
                return;
            using (TakeLock(path, FileMode.Open))
                Directory.Delete(path, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is another run's, or another user's.
        }
    }

    private void Remove(object? sender, EventArgs e)
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Then the next run removes it.
        }

        _lock.Dispose();
    }
}
