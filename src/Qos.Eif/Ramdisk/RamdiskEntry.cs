namespace Qos.Eif;

/// <summary>One thing in a ramdisk. All that is said of it is said here: nothing is taken from the file system that it is built on.</summary>
/// <param name="Path">Where it is, from the root: <c>/dev/console</c>.</param>
/// <param name="Mode">Permission bits, and the sticky bit.</param>
/// <param name="UserId">Its owner.</param>
/// <param name="GroupId">Its group.</param>
public abstract record RamdiskEntry(string Path, int Mode, int UserId, int GroupId)
{
    /// <summary>A folder: <c>dir PATH MODE UID GID</c>.</summary>
    public sealed record Folder(string Path, int Mode, int UserId, int GroupId) : RamdiskEntry(Path, Mode, UserId, GroupId);

    /// <summary>A file: <c>file PATH SOURCE MODE UID GID</c>.</summary>
    /// <param name="Path">Where it is, from the root.</param>
    /// <param name="Source">Where its bytes come from: a path below the folder that the builder names.</param>
    /// <param name="Mode">Permission bits.</param>
    /// <param name="UserId">Its owner.</param>
    /// <param name="GroupId">Its group.</param>
    public sealed record RegularFile(string Path, string Source, int Mode, int UserId, int GroupId) : RamdiskEntry(Path, Mode, UserId, GroupId);

    /// <summary>A symbolic link: <c>slink PATH TARGET MODE UID GID</c>.</summary>
    /// <param name="Path">Where it is, from the root.</param>
    /// <param name="Target">Where it leads.</param>
    /// <param name="Mode">Permission bits, which Linux ignores.</param>
    /// <param name="UserId">Its owner.</param>
    /// <param name="GroupId">Its group.</param>
    public sealed record SymbolicLink(string Path, string Target, int Mode, int UserId, int GroupId) : RamdiskEntry(Path, Mode, UserId, GroupId);

    /// <summary>A device: <c>nod PATH MODE UID GID c|b MAJOR MINOR</c>.</summary>
    /// <param name="Path">Where it is, from the root.</param>
    /// <param name="IsBlock">Whether it is a block device; a character device otherwise.</param>
    /// <param name="Major">The driver.</param>
    /// <param name="Minor">The driver's device.</param>
    /// <param name="Mode">Permission bits.</param>
    /// <param name="UserId">Its owner.</param>
    /// <param name="GroupId">Its group.</param>
    public sealed record Device(string Path, bool IsBlock, int Major, int Minor, int Mode, int UserId, int GroupId)
        : RamdiskEntry(Path, Mode, UserId, GroupId);
}
