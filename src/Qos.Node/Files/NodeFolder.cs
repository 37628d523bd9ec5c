using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Qos.Native;
using Tmds.Linux;

namespace Qos.Node;

/// <summary>
/// A folder that is held open: everything happens relative to it, so that swapping the path underneath changes nothing.
/// </summary>
internal sealed class NodeFolder : IDisposable
{
    private const int WriteAccess = 2;
    private const uint OwnerReadsAndWrites = (uint)(UnixFileMode.UserRead | UnixFileMode.UserWrite);

    private readonly SafeFileHandle _handle;

    internal NodeFolder(string path)
    {
        Path = System.IO.Path.GetFullPath(path);
        // The path is absolute, so the folder it would be relative to is not looked at.
        int descriptor = LibC.openat(-1, Path, LibC.O_DIRECTORY | LibC.O_NOFOLLOW | LibC.O_CLOEXEC, 0);
        if (descriptor < 0)
            throw Failure($"cannot open the folder {Path}");
        _handle = new SafeFileHandle(descriptor, ownsHandle: true);
    }

    internal string Path { get; }

    /// <summary>Creates a file that was not there, for writing; never follows a link.</summary>
    internal SafeFileHandle Create(string name)
    {
        int flags = LibC.O_WRONLY | LibC.O_CREAT | LibC.O_EXCL | LibC.O_NOFOLLOW | LibC.O_CLOEXEC;
        int descriptor = LibC.openat(Descriptor, name, flags, OwnerReadsAndWrites);
        return descriptor >= 0
            ? new SafeFileHandle(descriptor, ownsHandle: true)
            : throw Failure($"cannot create {Path}/{name}");
    }

    internal SafeFileHandle OpenRead(string name)
    {
        int descriptor = LibC.openat(Descriptor, name, LibC.O_NOFOLLOW | LibC.O_CLOEXEC, 0);
        return descriptor >= 0
            ? new SafeFileHandle(descriptor, ownsHandle: true)
            : throw Failure($"cannot open {Path}/{name}");
    }

    /// <summary>Renames; without <paramref name="replace"/> a name that is taken is an error, decided by the kernel in one step.</summary>
    internal void Rename(string from, string to, bool replace)
    {
        if (LibC.renameat2(Descriptor, from, Descriptor, to, replace ? 0 : LibC.RENAME_NOREPLACE) != 0)
            throw Failure($"cannot rename {Path}/{from} to {to}");
    }

    internal void Remove(string name) => _ = LibC.unlinkat(Descriptor, name, 0);

    /// <summary>Whether files can be created here, as far as that can be told without doing it.</summary>
    internal bool IsWritable => LibC.faccessat(Descriptor, ".", WriteAccess, 0) == 0;

    internal bool Holds(string name) => LibC.faccessat(Descriptor, name, 0, LibC.AT_SYMLINK_NOFOLLOW) == 0;

    public void Dispose() => _handle.Dispose();

    private int Descriptor => (int)_handle.DangerousGetHandle();

    private static IOException Failure(string what)
    {
        int error = Marshal.GetLastPInvokeError();
        return new IOException($"{what}: {Marshal.GetPInvokeErrorMessage(error)}", error);
    }
}
