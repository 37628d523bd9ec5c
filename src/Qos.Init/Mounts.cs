using System.Runtime.InteropServices;
using Qos.Native;
using Tmds.Linux;

namespace Qos.Init;

/// <summary>The file systems of the machine. Format: docs/protocol/eif.md, What init does, 1.</summary>
internal static class Mounts
{
    private static readonly ulong s_noSetuid = LibC.MS_NOSUID;
    private static readonly ulong s_noDevices = LibC.MS_NODEV;
    private static readonly ulong s_noPrograms = LibC.MS_NOEXEC;

    /// <summary>A file system and where it goes.</summary>
    /// <param name="Target">The folder, made when it is missing.</param>
    /// <param name="Type">The file system; it is its source's name as well.</param>
    /// <param name="Flags">What is forbidden on it.</param>
    /// <param name="Data">Its options.</param>
    internal sealed record Mount(string Target, string Type, ulong Flags, string? Data);

    /// <summary>All of them in order. Devices exist in /dev alone; programs run from the root alone, where the node puts the pivot.</summary>
    internal static IReadOnlyList<Mount> All { get; } =
    [
        new("/proc", "proc", s_noSetuid | s_noDevices | s_noPrograms, null),
        new("/sys", "sysfs", s_noSetuid | s_noDevices | s_noPrograms | LibC.MS_RDONLY, null),
        new("/dev", "devtmpfs", s_noSetuid | s_noPrograms, "mode=0755"),
        new("/dev/pts", "devpts", s_noSetuid | s_noPrograms, "mode=0620,ptmxmode=0666"),
        new("/dev/shm", "tmpfs", s_noSetuid | s_noDevices | s_noPrograms, "mode=1777"),
        new("/run", "tmpfs", s_noSetuid | s_noDevices | s_noPrograms, "mode=0755"),
        new("/tmp", "tmpfs", s_noSetuid | s_noDevices | s_noPrograms, "mode=1777"),
    ];

    /// <summary>Mounts all of them.</summary>
    /// <exception cref="BootException">One cannot be mounted.</exception>
    public static string MountAll()
    {
        Remount();
        foreach (Mount mount in All)
            Add(mount);
        return $"mounted {string.Join(' ', All.Select(static mount => mount.Target))}";
    }

    // The root came with the image: a tmpfs, on which nothing but regular files is wanted from here on.
    private static void Remount()
    {
        if (LibC.mount("rootfs", "/", "rootfs", LibC.MS_REMOUNT | s_noSetuid | s_noDevices, null) != 0)
            throw new BootException($"/ cannot be mounted without devices: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    private static void Add(Mount mount)
    {
        try
        {
            Directory.CreateDirectory(mount.Target);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BootException($"the folder {mount.Target} cannot be made: {e.Message}");
        }

        if (LibC.mount(mount.Type, mount.Target, mount.Type, mount.Flags, mount.Data) != 0)
        {
            throw new BootException(
                $"{mount.Target} cannot be mounted as {mount.Type}: {Marshal.GetLastPInvokeErrorMessage()}; the kernel must have it built in");
        }
    }
}
