namespace Qos.Native;

/// <summary>File leases, which keep writers away from a file between its hashing and its start.</summary>
internal static partial class LibC
{
    internal const int F_SETSIG = 10;
    internal const int F_SETLEASE = 1024;
    internal const int F_RDLCK = 0;
}
