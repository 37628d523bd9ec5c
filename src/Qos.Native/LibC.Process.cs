using System.Runtime.InteropServices;

namespace Qos.Native;

/// <summary>Processes: waiting for any child, groups, limits; the framework's Process class knows only the children that it made itself.</summary>
internal static unsafe partial class LibC
{
    internal const int SIGKILL = 9;
    internal const int SIGTERM = 15;
    internal const int SIGURG = 23;

    internal const int P_ALL = 0;
    internal const int P_PID = 1;
    internal const int WEXITED = 0x4;
    internal const int WNOWAIT = 0x1000000;
    internal const int __WALL = 0x40000000;
    internal const int CLD_EXITED = 1;

    internal const int PR_SET_DUMPABLE = 4;
    internal const int PR_SET_CHILD_SUBREAPER = 36;
    internal const int RLIMIT_CORE = 4;

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int waitid(int kind, int id, siginfo_t* info, int options);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int kill(int pid, int signal);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int prctl(int option, nuint argument2, nuint argument3, nuint argument4, nuint argument5);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int setrlimit(int resource, ResourceLimit* limit);

    [LibraryImport(Library)]
    internal static partial uint umask(uint mask);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int pipe2(int* descriptors, int flags);

    /// <summary>What waitid says of a child; 128 bytes, of which the first fields are used.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 128)]
    internal struct siginfo_t
    {
        internal int si_signo;
        internal int si_errno;
        internal int si_code;
        internal int padding;
        internal int si_pid;
        internal uint si_uid;
        internal int si_status;
    }

    /// <summary>A soft and a hard limit.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct ResourceLimit
    {
        internal nuint rlim_cur;
        internal nuint rlim_max;
    }
}
