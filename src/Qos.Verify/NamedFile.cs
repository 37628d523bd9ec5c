using Qos.Native;
using Tmds.Linux;

namespace Qos.Verify;

/// <summary>Files that somebody names, by an option, a variable or a setting: who may hold up the reader, and how much is read.</summary>
internal static class NamedFile
{
    /// <summary>
    /// Refuses a pipe in a file's place, which may never say anything: whoever put it there would hold the reader up. What the shell and other programs pass is waited for,
    /// as in <c>/dev/stdin</c> and <c>&lt;(…)</c>, and so is a pipe of the reader's own.
    /// </summary>
    /// <exception cref="IOException">It is somebody else's pipe, or one that others may write into.</exception>
    internal static void RequireOwn(string path)
    {
        string full = Path.GetFullPath(path);
        if (!IsPassed(full) && LibC.IsSpecialFile(full) && !FileOwner.IsPrivate(full))
            throw new IOException($"{path} is a pipe or a device that is not yours alone: name a file, give it as /dev/stdin, or make the pipe one of your own with mode 0600.");
    }

    /// <summary>Whether a full path is what the shell and other programs pass, as <c>/dev/stdout</c> and <c>/proc/self/fd/3</c> are.</summary>
    internal static bool IsPassed(string full) => full.StartsWith("/proc/", StringComparison.Ordinal)
        || (full.StartsWith("/dev/", StringComparison.Ordinal) && !full.StartsWith("/dev/shm/", StringComparison.Ordinal));

    /// <summary>Reads a file, up to a number of bytes and one more, so that a larger one is told: a pipe and a device tell no length.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    internal static ReadOnlyMemory<byte> Read(string path, int most)
    {
        RequireOwn(path);
        try
        {
            using FileStream file = File.OpenRead(path);
            byte[] bytes = new byte[most + 1];
            return bytes.AsMemory(0, file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException(Unreadable(path, e), e);
        }
    }

    /// <summary>Why a file cannot be read, in one line.</summary>
    internal static string Unreadable(string path, Exception e) =>
        Directory.Exists(path) ? $"{path} is a folder; name a file in it."
        : e is FileNotFoundException or DirectoryNotFoundException ? $"{path} does not exist." : $"{path} cannot be read: {e.Message}";
}
