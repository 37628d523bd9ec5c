using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Qos.Keys;
using Qos.Native;

namespace Qos.Client;

/// <summary>Small files that appear under their name complete and on disk, or not at all.</summary>
internal static class PublishedFile
{
    internal const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    internal const UnixFileMode OwnerWrites = OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>Writes to a new hidden file beside the target, then renames; nothing is buffered in managed memory.</summary>
    internal static void Write(string path, ReadOnlySpan<byte> content, UnixFileMode mode, bool overwrite)
    {
        string target = Path.GetFullPath(path);
        string folder = Path.GetDirectoryName(target) ?? throw new KeyException(KeyError.IOError, $"{path} names no file.");
        string hidden = Path.Combine(folder, $".{Path.GetFileName(target)}.{Guid.NewGuid():N}");
        bool created = false;
        try
        {
            if (!overwrite && Path.Exists(target))
                throw Exists(path);

            FileStreamOptions options = new()
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                Share = FileShare.None,
                BufferSize = 0,
                UnixCreateMode = mode,
            };
            using (FileStream stream = new(hidden, options))
            {
                created = true;
                File.SetUnixFileMode(stream.SafeFileHandle, mode);
                stream.Write(content);
                stream.Flush(flushToDisk: true);
            }

            int error = LibC.Rename(hidden, target, overwrite);
            if (error != 0)
                throw error == LibC.EEXIST ? Exists(path) : new IOException(new Win32Exception(error).Message);
            created = false;
            FlushFolder(folder);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new KeyException(KeyError.IOError, $"Cannot write {path}: {failure.Message}", failure);
        }
        finally
        {
            if (created)
                File.Delete(hidden);
        }
    }

    /// <summary>Reads a whole file of at most the buffer's length and returns its length.</summary>
    internal static int Read(string path, Span<byte> buffer)
    {
        try
        {
            using FileStream stream = new(path, new FileStreamOptions { BufferSize = 0 });
            int length = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            if (length == buffer.Length)
                throw new KeyException(KeyError.IOError, $"{path} is too long for a key file.");
            return length;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw CannotRead(path, failure);
        }
    }

    internal static KeyException CannotRead(string path, Exception failure) => failure is FileNotFoundException or DirectoryNotFoundException
        ? new KeyException(KeyError.IOError, $"There is no key file {path}.", failure)
        : new KeyException(KeyError.IOError, $"Cannot read the key file {path}: {failure.Message}", failure);

    private static void FlushFolder(string folder)
    {
        int descriptor = LibC.openat(LibC.AT_FDCWD, folder, LibC.O_DIRECTORY | LibC.O_CLOEXEC, 0);
        if (descriptor < 0)
            throw new IOException(new Win32Exception(Marshal.GetLastPInvokeError()).Message);

        using SafeFileHandle handle = new(descriptor, ownsHandle: true);
        RandomAccess.FlushToDisk(handle);
    }

    private static KeyException Exists(string path) =>
        new(KeyError.IOError, $"{path} exists already and is not overwritten: move it away or name another file.");
}
