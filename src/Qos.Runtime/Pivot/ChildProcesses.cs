using System.Globalization;
using System.Runtime.InteropServices;
using Qos.Native;
using Qos.Protocol;
using Tmds.Linux;

namespace Qos.Runtime;

/// <summary>Waits for the pivot, reaps what it leaves behind, and signals it without ever reaching a process that reused its number.</summary>
/// <remarks>
/// A process id stays taken until its zombie is reaped. So every signal is sent, and every reaping done, under one lock: between the
/// two the number cannot come to mean something else.
/// </remarks>
internal sealed unsafe class ChildProcesses(bool reapsOrphans)
{
    private readonly Lock _gate = new();
    private int _pivot;
    private int _missed;

    /// <summary>Says which child is the pivot, and passes on the signal that found none before.</summary>
    public void Watch(int pivot)
    {
        lock (_gate)
        {
            _pivot = pivot;
            if (_missed != 0)
                _ = LibC.kill(-pivot, _missed);
        }
    }

    /// <summary>Signals the pivot and everything in its group; nothing when it runs no more.</summary>
    public void Signal(int signal)
    {
        lock (_gate)
        {
            if (_pivot > 0)
                _ = LibC.kill(-_pivot, signal);
            else
                _missed = signal;
        }
    }

    /// <summary>
    /// Blocks until the pivot has ended, reaping orphans in the meantime; then kills its group, and with <c>reapsOrphans</c> every other
    /// descendant, and returns how the pivot ended.
    /// </summary>
    public PivotExit WaitForPivot()
    {
        int pivot = _pivot;
        while (true)
        {
            ChildStatus info = Wait(reapsOrphans ? LibC.P_ALL : LibC.P_PID, reapsOrphans ? 0 : pivot, LibC.WNOWAIT)
                ?? throw new InvalidOperationException($"the pivot's process {pivot} is not a child of this process");
            if (info.si_pid != pivot)
            {
                Wait(LibC.P_PID, info.si_pid, 0);
                continue;
            }

            lock (_gate)
            {
                // Before the reaping, while the zombie still keeps the group's number.
                _ = LibC.kill(-pivot, LibC.SIGKILL);
                Wait(LibC.P_PID, pivot, 0);
                _pivot = 0;
            }

            if (reapsOrphans)
                KillOrphans();
            return info.si_code == LibC.CLD_EXITED ? new PivotExit(info.si_status, null) : new PivotExit(null, info.si_status);
        }
    }

    /// <summary>Makes this process the parent of every descendant whose own parent ends, as PID 1 is anyway.</summary>
    public static void AdoptOrphans()
    {
        if (LibC.prctl(LibC.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0)
            throw new InvalidOperationException($"prctl(PR_SET_CHILD_SUBREAPER): {Marshal.GetLastPInvokeErrorMessage()}");
    }

    // Whatever a pivot forked into a session of its own becomes our child when its parent ends; killing one may hand us its children.
    private static void KillOrphans()
    {
        do
        {
            foreach (int child in FindChildren())
                _ = LibC.kill(child, LibC.SIGKILL);
        }
        while (Wait(LibC.P_ALL, 0, 0) is not null);
    }

    // By /proc/PID/stat: /proc/self/task/*/children is an option that kernels for enclaves leave out.
    private static List<int> FindChildren()
    {
        var children = new List<int>();
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out int pid))
                continue;
            try
            {
                // "PID (name) state ppid ...", where the name may hold anything, parentheses included.
                ReadOnlySpan<char> stat = File.ReadAllText($"/proc/{pid}/stat");
                ReadOnlySpan<char> rest = stat[(stat.LastIndexOf(')') + 4)..];
                if (int.Parse(rest[..rest.IndexOf(' ')], CultureInfo.InvariantCulture) == Environment.ProcessId)
                    children.Add(pid);
            }
            catch (IOException)
            {
                // It ended since the folder was listed.
            }
        }

        return children;
    }

    private static ChildStatus? Wait(int kind, int id, int options)
    {
        while (true)
        {
            ChildStatus info = default;
            if (LibC.waitid(kind, id, &info, LibC.WEXITED | LibC.__WALL | options) == 0)
                return info;
            if (Marshal.GetLastPInvokeError() != LibC.EINTR)
                return null;
        }
    }
}
