using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Qos.Native;
using Tmds.Linux;

namespace Qos.Client;

/// <summary>
/// Files that appear under their name complete and on disk, or not at all. What is written stands in a draft beside the target, which is locked
/// while it is written; the kernel moves it in one step that replaces nothing unless that was asked for; then the folder is on disk as well.
/// A draft that a killed program left is not locked, and the next one that writes under that name takes it away.
/// </summary>
internal static class AtomicFile
{
    /// <summary>Read and written by the owner alone.</summary>
    internal const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Written by the owner, read by all.</summary>
    internal const UnixFileMode Readable = OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private const string DraftEnding = ".draft";
    private const int MaxAttempts = 100;
    private const int BufferSize = 64 << 10;

    // EWOULDBLOCK, as the framework's exception has it for a file that another one has locked.
    private const int WouldBlock = 11;

    /// <summary>Writes one.</summary>
    /// <param name="path">Where; the folder must be there.</param>
    /// <param name="content">The bytes; they are in no buffer of the runtime's.</param>
    /// <param name="mode">Its rights.</param>
    /// <param name="replace">Whether a file that is there may be replaced.</param>
    /// <returns>Whether it was written; false when something is there that was not to be replaced.</returns>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    internal static bool TryWrite(string path, ReadOnlySpan<byte> content, UnixFileMode mode, bool replace) =>
        TryWrite(path, content, static (stream, content) => stream.Write(content), bufferSize: 0, mode, replace);

    /// <summary>The same for contents that are too large to be held.</summary>
    /// <param name="path">Where; the folder must be there.</param>
    /// <param name="write">Writes the contents into a stream in which it may read and move; it is called again when another program took the draft away.</param>
    /// <param name="mode">Its rights.</param>
    /// <param name="replace">Whether a file that is there may be replaced.</param>
    /// <returns>Whether it was written; false when something is there that was not to be replaced.</returns>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    internal static bool TryWrite(string path, Action<Stream> write, UnixFileMode mode, bool replace) =>
        TryWrite(path, write, static (stream, write) => write(stream), BufferSize, mode, replace);

    private static bool TryWrite<T>(string path, T content, Action<Stream, T> write, int bufferSize, UnixFileMode mode, bool replace)
        where T : allows ref struct
    {
        string target = Path.GetFullPath(path);
        string folder = Path.GetDirectoryName(target) ?? throw new IOException("it is a folder");
        RemoveAbandoned(folder, Path.GetFileName(target));
        if (!replace && Path.Exists(target))
            return false;

        for (int attempt = 1; ; attempt++)
        {
            // Between its making and its locking a draft may be taken for an abandoned one.
            if (TryWriteDraft(folder, target, content, write, bufferSize, mode, replace) is { } isWritten)
                return isWritten;
            if (attempt == MaxAttempts)
                throw new IOException("too many programs write it at once");
        }
    }

    // Null when another writer took the draft away.
    private static bool? TryWriteDraft<T>(string folder, string target, T content, Action<Stream, T> write, int bufferSize, UnixFileMode mode, bool replace)
        where T : allows ref struct
    {
        string draft = Path.Combine(folder, $".{Path.GetFileName(target)}.{Guid.NewGuid():N}{DraftEnding}");
        bool isThere = true;
        try
        {
            using var stream = new FileStream(draft, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.ReadWrite,

                // Locks it.
                Share = FileShare.None,
                BufferSize = bufferSize,
                UnixCreateMode = mode,
            });
            File.SetUnixFileMode(stream.SafeFileHandle, mode);
            write(stream, content);
            stream.Flush(flushToDisk: true);
            int error = LibC.Rename(draft, target, replace);
            if (error == LibC.EEXIST)
                return false;
            if (error == LibC.ENOENT && !File.Exists(draft))
                return null;
            if (error != 0)
                throw new IOException(Marshal.GetPInvokeErrorMessage(error));
            isThere = false;
            FlushFolder(folder);
            return true;
        }
        catch (IOException e) when (e.HResult == WouldBlock)
        {
            return null;
        }
        finally
        {
            if (isThere)
                File.Delete(draft);
        }
    }

    // What goes wrong here is no reason not to write: the drafts of others stay.
    private static void RemoveAbandoned(string folder, string name)
    {
        string beginning = $".{name}.";
        foreach (string draft in DraftsIn(folder).Where(draft => Path.GetFileName(draft).StartsWith(beginning, StringComparison.Ordinal)))
        {
            try
            {
                // Found without being opened, so that a pipe that somebody put there is not waited for; then the same file is locked, whatever has its name by now.
                using SafeFileHandle found = new(LibC.openat(LibC.AT_FDCWD, draft, LibC.O_PATH | LibC.O_NOFOLLOW | LibC.O_CLOEXEC, 0), ownsHandle: true);
                string itself = string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{found.DangerousGetHandle()}");
                if (found.IsInvalid || LibC.IsSpecialFile(itself))
                    continue;
                using var locked = new FileStream(itself, new FileStreamOptions { Access = FileAccess.Write, Share = FileShare.None, BufferSize = 0 });
                File.Delete(draft);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Somebody writes it.
            }
        }
    }

    private static string[] DraftsIn(string folder)
    {
        try
        {
            return Directory.GetFiles(folder, $".*{DraftEnding}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static void FlushFolder(string folder)
    {
        int descriptor = LibC.openat(LibC.AT_FDCWD, folder, LibC.O_DIRECTORY | LibC.O_CLOEXEC, 0);
        if (descriptor < 0)
            throw new IOException(Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError()));

        using SafeFileHandle handle = new(descriptor, ownsHandle: true);
        RandomAccess.FlushToDisk(handle);
    }
}
