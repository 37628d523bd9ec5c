using System.Buffers.Text;
using Microsoft.Win32.SafeHandles;

namespace Qos.Transport;

/// <summary>What the scheduler says of a thread, counted since its start. Source: the kernel's Documentation/scheduler/sched-stats.</summary>
/// <param name="Ran">Nanoseconds on a processor.</param>
/// <param name="Waited">Nanoseconds in which it was ready to run and had none.</param>
/// <param name="Turns">How often it was given one.</param>
internal readonly record struct ThreadTimes(long Ran, long Waited, long Turns);

/// <summary>Where a loop learns how the scheduler treats its thread.</summary>
internal interface IThreadTimes
{
    /// <summary>The times of now.</summary>
    ThreadTimes Read();
}

/// <summary>The times of the thread that opened it.</summary>
internal sealed class SchedulerTimes : IThreadTimes, IDisposable
{
    private readonly SafeFileHandle _file;
    private ThreadTimes _last;

    private SchedulerTimes(SafeFileHandle file) => _file = file;

    /// <summary>Those of this thread; null where the kernel does not count them.</summary>
    internal static SchedulerTimes? TryOpen()
    {
        try
        {
            var times = new SchedulerTimes(File.OpenHandle("/proc/thread-self/schedstat"));
            if (times.Read().Ran > 0)
                return times;
            times.Dispose();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }

        return null;
    }

    // What cannot be read has not changed: a loop must not end for the want of a number.
    public ThreadTimes Read()
    {
        Span<byte> text = stackalloc byte[96];
        try
        {
            ReadOnlySpan<byte> rest = text[..RandomAccess.Read(_file, text, 0)];
            _last = new ThreadTimes(Next(ref rest), Next(ref rest), Next(ref rest));
        }
        catch (IOException)
        {
        }

        return _last;
    }

    public void Dispose() => _file.Dispose();

    private static long Next(ref ReadOnlySpan<byte> text)
    {
        if (!Utf8Parser.TryParse(text, out long value, out int used))
            return 0;
        text = text[Math.Min(used + 1, text.Length)..];
        return value;
    }
}

/// <summary>How much a loop's thread works and how long it waits for a processor, a window of time after the other.</summary>
internal sealed class LoopLoad
{
    /// <summary>How long it looks before it judges.</summary>
    internal static readonly TimeSpan Window = TimeSpan.FromMilliseconds(50);

    // A thread that works so much may soon need more than one processor.
    private const double Full = 0.7;

    // On a machine with work for all of its processors and no more a turn is waited for 2 to 100 us; beside programs that never sleep, 300 us to 2 ms.
    private const long LongWait = 250_000;
    private const double ManyWaits = 0.05;

    private readonly IThreadTimes _times;
    private readonly TimeProvider _clock;
    private ThreadTimes _before;
    private TimeSpan _polled;
    private long _since;
    private double _work;

    internal LoopLoad(IThreadTimes times, TimeProvider clock)
    {
        _times = times;
        _clock = clock;
        _before = times.Read();
        _since = clock.GetTimestamp();
    }

    /// <summary>When the last window began.</summary>
    internal long Began { get; private set; }

    /// <summary>When it ended.</summary>
    internal long Since => Volatile.Read(ref _since);

    /// <summary>The part of it in which the thread ran and had something to do; 1 is a whole processor.</summary>
    internal double Work => Volatile.Read(ref _work);

    /// <summary>The thread hardly rests.</summary>
    internal bool IsFull => Work >= Full;

    /// <summary>Others keep the processors so busy that the thread waits long for each of its turns.</summary>
    internal bool IsContended { get; private set; }

    /// <summary>The work of the last window, or none when it ended a while ago: the thread sleeps. For other threads.</summary>
    internal double WorkAt(long now) => _clock.GetElapsedTime(Since, now) < 4 * Window ? Work : 0;

    /// <summary>Time in which the thread looked for work and found none.</summary>
    internal void Polled(TimeSpan time) => _polled += time;

    /// <summary>Judges anew when a window is over.</summary>
    internal bool Sample(long now)
    {
        TimeSpan passed = _clock.GetElapsedTime(_since, now);
        if (passed < Window)
            return false;
        ThreadTimes times = _times.Read();
        double window = passed.TotalNanoseconds, waited = times.Waited - _before.Waited;
        Volatile.Write(ref _work, Math.Max(0, (times.Ran - _before.Ran - _polled.TotalNanoseconds) / window));
        IsContended = waited >= ManyWaits * window && waited >= (double)LongWait * (times.Turns - _before.Turns);
        _before = times;
        _polled = TimeSpan.Zero;
        Began = _since;
        Volatile.Write(ref _since, now);
        return true;
    }
}
