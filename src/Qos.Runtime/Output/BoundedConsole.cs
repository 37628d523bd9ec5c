namespace Qos.Runtime;

/// <summary>
/// Shows lines on a console without ever waiting for it: a thread of its own writes them, and what comes too fast or finds the console
/// too slow or gone is dropped, with a notice that says how much. Flooding the console can hang an enclave.
/// </summary>
public sealed class BoundedConsole : IDisposable
{
    // How long the end of a program waits for a console that does not take the last lines.
    private static readonly TimeSpan s_lastLines = TimeSpan.FromSeconds(1);

    private readonly Func<string, bool> _write;
    private readonly LineRate _rate;
    // A queue under a monitor, not a channel: what wakes the writer must not depend on a free thread of the pool.
    private readonly Queue<(long Dropped, string Line)> _lines = new();
    private readonly int _waiting;
    private readonly Thread _writer;
    private bool _isEnding;

    /// <summary>Starts the thread that writes.</summary>
    /// <param name="write">Takes one line at a time and says whether it could be written; may block, and an exception counts as no.</param>
    /// <param name="limits">How much passes.</param>
    /// <param name="time">The clock of the limits.</param>
    public BoundedConsole(Func<string, bool> write, OutputLimits limits, TimeProvider time)
    {
        _write = write;
        _rate = new LineRate(limits.Burst, limits.LinesPerSecond, time);
        _waiting = limits.Waiting;
        _writer = new Thread(WriteLines) { IsBackground = true, Name = "console" };
        _writer.Start();
    }

    /// <summary>Shows a line, or drops and counts it.</summary>
    public void Show(string line)
    {
        lock (_lines)
        {
            if (!_rate.TryTake())
                return;
            long dropped = _rate.TakeDropped();
            if (_isEnding || _lines.Count == _waiting)
            {
                _rate.Drop(dropped + 1);
                return;
            }

            _lines.Enqueue((dropped, line));
            Monitor.Pulse(_lines);
        }
    }

    /// <summary>Shows the lines that wait, for a second at most, and ends the thread.</summary>
    public void Dispose()
    {
        lock (_lines)
        {
            if (_isEnding)
                return;
            _isEnding = true;
            Monitor.Pulse(_lines);
        }

        _writer.Join(s_lastLines);
    }

    private void WriteLines()
    {
        while (TryTake(out (long Dropped, string Line) next))
        {
            if (WriteNotice(next.Dropped) && TryWrite(next.Line))
                continue;
            lock (_lines)
                _rate.Drop(1);
        }

        // No line follows that could carry the notice.
        long dropped;
        lock (_lines)
            dropped = _rate.TakeDropped();
        WriteNotice(dropped);
    }

    private bool TryTake(out (long Dropped, string Line) next)
    {
        lock (_lines)
        {
            while (_lines.Count == 0 && !_isEnding)
                Monitor.Wait(_lines);
            return _lines.TryDequeue(out next);
        }
    }

    // A line of its own: the writer may put something in front of each, and what follows a line feed would lack it.
    private bool WriteNotice(long dropped)
    {
        if (dropped == 0 || TryWrite($"[{dropped} lines dropped]"))
            return true;
        lock (_lines)
            _rate.Drop(dropped);
        return false;
    }

    // A full disk or a broken pipe costs lines and nothing else.
    private bool TryWrite(string line)
    {
        try
        {
            return _write(line);
        }
        catch (Exception)
        {
            return false;
        }
    }
}
