using System.Threading.Channels;

namespace Qos.Runtime;

/// <summary>
/// Shows lines on a console without ever waiting for it: a thread of its own writes them, and what comes too fast or finds the console
/// too slow is dropped, with a notice that says how much. Flooding the console can hang an enclave.
/// </summary>
public sealed class BoundedConsole : IDisposable
{
    // How long the end of a program waits for a console that does not take the last lines.
    private static readonly TimeSpan s_lastLines = TimeSpan.FromSeconds(1);

    private readonly Action<string> _write;
    private readonly LineRate _rate;
    private readonly Lock _gate = new();
    private readonly Channel<(long Dropped, string Line)> _lines;
    private readonly Thread _writer;

    /// <summary>Starts the thread that writes.</summary>
    /// <param name="write">Takes one line at a time; may block.</param>
    /// <param name="limits">How much passes.</param>
    /// <param name="time">The clock of the limits.</param>
    public BoundedConsole(Action<string> write, OutputLimits limits, TimeProvider time)
    {
        _write = write;
        _rate = new LineRate(limits.Burst, limits.LinesPerSecond, time);
        _lines = Channel.CreateBounded<(long Dropped, string Line)>(new BoundedChannelOptions(limits.Waiting) { SingleReader = true });
        _writer = new Thread(WriteLines) { IsBackground = true, Name = "console" };
        _writer.Start();
    }

    /// <summary>Shows a line, or drops and counts it.</summary>
    public void Show(string line)
    {
        lock (_gate)
        {
            if (!_rate.TryTake())
                return;
            long dropped = _rate.TakeDropped();
            if (!_lines.Writer.TryWrite((dropped, line)))
                _rate.Drop(dropped + 1);
        }
    }

    /// <summary>Shows the lines that wait, for a second at most, and ends the thread.</summary>
    public void Dispose()
    {
        if (_lines.Writer.TryComplete())
            _writer.Join(s_lastLines);
    }

    private void WriteLines()
    {
        while (_lines.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (_lines.Reader.TryRead(out (long Dropped, string Line) next))
            {
                WriteNotice(next.Dropped);
                _write(next.Line);
            }
        }

        // No line follows that could carry the notice.
        long dropped;
        lock (_gate)
            dropped = _rate.TakeDropped();
        WriteNotice(dropped);
    }

    // A line of its own: whoever writes may put something in front of each, and what follows a line feed would lack it.
    private void WriteNotice(long dropped)
    {
        if (dropped > 0)
            _write($"[{dropped} lines dropped]");
    }
}
