using System.Runtime.InteropServices;
using Qos.Native;

namespace Qos.Init;

/// <summary>Open files: a connection through a bridge takes two, and the kernel's limit for the first process is 4,096.</summary>
internal static class Limits
{
    private const uint OpenFiles = 65_536;

    /// <summary>Raises the limit, for this process and the pivot.</summary>
    /// <exception cref="BootException">The kernel refuses.</exception>
    public static unsafe string Raise()
    {
        var limit = new LibC.ResourceLimit { rlim_cur = OpenFiles, rlim_max = OpenFiles };
        return LibC.setrlimit(LibC.RLIMIT_NOFILE, &limit) == 0
            ? $"{OpenFiles} open files, no core files"
            : throw new BootException($"the limit of open files cannot be raised: {Marshal.GetLastPInvokeErrorMessage()}");
    }
}
