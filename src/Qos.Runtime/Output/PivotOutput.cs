using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Tmds.Linux;

namespace Qos.Runtime;

/// <summary>
/// Carries a pivot's output to the console in debug mode. A thread for each start does nothing but empty the pivot's pipe, so the pivot
/// never waits for the console.
/// </summary>
internal sealed class PivotOutput(BoundedConsole console, OutputLimits limits)
{
    /// <summary>Makes a pipe for one start of the pivot; what it returns is the end to write to, to be closed once the pivot has it.</summary>
    public unsafe SafeFileHandle Attach()
    {
        int* ends = stackalloc int[2];
        if (LibC.pipe2(ends, LibC.O_CLOEXEC) != 0)
            throw new PivotProgramException($"no pipe for the pivot's output: {Marshal.GetLastPInvokeErrorMessage()}", isPermanent: false);
        var read = new SafeFileHandle(ends[0], ownsHandle: true);
        new Thread(() => Empty(read)) { IsBackground = true, Name = "pivot output" }.Start();
        return new SafeFileHandle(ends[1], ownsHandle: true);
    }

    private void Empty(SafeFileHandle pipe)
    {
        var lines = new LineBuffer(limits.LineLength);
        byte[] buffer = new byte[16 * 1024];
        using (var stream = new FileStream(pipe, FileAccess.Read, bufferSize: 0))
        {
            int read;
            while ((read = stream.Read(buffer)) > 0)
                lines.Append(buffer.AsSpan(0, read), console.Show);
        }

        lines.End(console.Show);
    }
}
