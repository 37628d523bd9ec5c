using System.Runtime.InteropServices;

namespace Qos.Native;

/// <summary>Files relative to a folder that is held open, a rename that never replaces, and what kind a file is: the framework's File class offers none of it.</summary>
internal static partial class LibC
{
    internal const int O_WRONLY = 0x1;
    internal const int O_RDWR = 0x2;
    internal const int O_CREAT = 0x40;
    internal const int O_EXCL = 0x80;
    internal const int O_DIRECTORY = 0x10000;
    internal const int O_NOFOLLOW = 0x20000;
    internal const int O_CLOEXEC = 0x80000;
    internal const int O_TMPFILE = 0x400000 | O_DIRECTORY;
    internal const uint RENAME_NOREPLACE = 1;

    internal const int S_IFDIR = 0x4000;
    internal const int S_IFREG = 0x8000;
    internal const int ENOENT = 2;
    internal const int EEXIST = 17;
    internal const int EISDIR = 21;
    internal const int EOPNOTSUPP = 95;

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int openat(int directory, string path, int flags, uint mode);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int renameat2(int oldDirectory, string oldPath, int newDirectory, string newPath, uint flags);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int unlinkat(int directory, string path, int flags);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int faccessat(int directory, string path, int mode, int flags);

    /// <summary>
    /// Moves a file in one step of the kernel's. File.Move looks for the target before it renames, which leaves a moment for another to appear.
    /// </summary>
    /// <returns>0, or the error's number: <see cref="EEXIST"/> when something is there that was not to be replaced.</returns>
    internal static int Rename(string from, string to, bool replace) =>
        renameat2(AT_FDCWD, from, AT_FDCWD, to, replace ? 0 : RENAME_NOREPLACE) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>Whether a path leads to a device, a pipe or a socket: the framework calls all of them files.</summary>
    internal static unsafe bool IsSpecialFile(string path)
    {
        byte* answer = stackalloc byte[STATX_SIZE];
        return statx(AT_FDCWD, path, 0, STATX_TYPE, answer) == 0 && (*(ushort*)(answer + STATX_MODE_OFFSET) & S_IFMT) is not (S_IFDIR or S_IFREG);
    }
}
