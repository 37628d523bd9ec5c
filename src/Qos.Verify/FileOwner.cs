using Qos.Native;
using Tmds.Linux;

namespace Qos.Verify;

/// <summary>Who owns a file and who else may write it: the framework's File class tells the mode alone.</summary>
internal static class FileOwner
{
    /// <summary>Whether this user or root owns a file, and nobody else may write it.</summary>
    public static bool IsOnlyOwnersToWrite(string path) =>
        (File.GetUnixFileMode(path) & (UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)) == 0 && OwnerOf(path) is { } owner && (owner == 0 || owner == User());

    /// <summary>Whether this user owns a file, and nobody else may read or write it.</summary>
    public static bool IsPrivate(string path) =>
        (File.GetUnixFileMode(path) & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute)) == 0 && OwnerOf(path) is { } owner && owner == User();

    // The kernel gives a process's folder to the user that it runs as.
    private static uint? User() => OwnerOf("/proc/self");

    private static uint? OwnerOf(string path) => LibC.OwnerOf(path);
}
