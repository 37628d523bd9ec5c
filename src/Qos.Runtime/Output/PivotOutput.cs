using System.Runtime.InteropServices;
using System.Threading.Channels;
using Microsoft.Win32.SafeHandles;
using Qos.Native;

namespace Qos.Runtime;

/// <summary>
/// Carries a pivot's output to the console in debug mode. A thread for each start does nothing but empty the pivot's pipe, so the pivot
/// never waits for the console; what the console cannot take is dropped, with a notice that says how much.
/// </summary>
internal sealed class PivotOutput : IDisposable
{
    private readonly Action<string> _console;
    private readonly OutputLimits _limits;
    private readonly LineRate _rate;
    private readonly Lock _rateGate = new();
    private readonly Channel<string> _lines;

    /// <summary>Starts the thread that writes to the console.</summary>
    /// <param name="console">Takes one line at a time; may block.</param>
    /// <param name="limits">How much passes.</param>
    /// <param name="time">The clock of the limits.</param>
    public PivotOutput(Action<string> console, OutputLimits limits, TimeProvider time)
    {
        _console = console;
        _limits = limits;
        _rate = new LineRate(limits.Burst, limits.LinesPerSecond, time);
        _lines = Channel.CreateBounded<string>(new BoundedChannelOptions(limits.Waiting) { SingleReader = true });
        new Thread(WriteToConsole) { IsBackground = true, Name = "pivot console" }.Start();
    }

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

    /// <summary>Ends the console's thread after the lines that wait.</summary>
    public void Dispose() => _lines.Writer.TryComplete();

    private void Empty(SafeFileHandle pipe)
    {
        var lines = new LineBuffer(_limits.LineLength);
        byte[] buffer = new byte[16 * 1024];
        using (var stream = new FileStream(pipe, FileAccess.Read, bufferSize: 0))
        {
            int read;
            while ((read = stream.Read(buffer)) > 0)
                lines.Append(buffer.AsSpan(0, read), Show);
        }

        lines.End(Show);
    }

    private void Show(string line)
    {
        lock (_rateGate)
        {
            if (!_rate.TryTake())
                return;
            long dropped = _rate.TakeDropped();
            if (!_lines.Writer.TryWrite(dropped == 0 ? line : $"[{dropped} lines dropped]\n{line}"))
                _rate.Drop(dropped + 1);
        }
    }

    private void WriteToConsole()
    {
        while (_lines.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (_lines.Reader.TryRead(out string? line))
                _console(line);
        }

        // No line follows that could carry the notice.
        long dropped;
        lock (_rateGate)
            dropped = _rate.TakeDropped();
        if (dropped > 0)
            _console($"[{dropped} lines dropped]");
    }
}
