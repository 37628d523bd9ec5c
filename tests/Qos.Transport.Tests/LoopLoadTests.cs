namespace Qos.Transport.Tests;

/// <summary>What a loop makes of the scheduler's counts.</summary>
public sealed class LoopLoadTests
{
    private readonly FakeTime _time = new();
    private readonly ScriptedTimes _times = new();

    [Fact]
    public void A_window_is_judged_when_it_is_over()
    {
        var load = new LoopLoad(_times, _time);
        _times.Add(ranMs: 40, waitedMs: 0, turns: 10);
        _time.Advance(TimeSpan.FromMilliseconds(49));
        Assert.False(load.Sample(_time.GetTimestamp()));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(load.Sample(_time.GetTimestamp()));
        Assert.Equal(0.8, load.Work, 6);
        Assert.True(load.IsFull);
        Assert.Equal(_time.GetTimestamp(), load.Since);
    }

    [Theory]
    [InlineData(34.9, 0, false)]
    [InlineData(35.1, 0, true)]
    [InlineData(45, 15, false)]
    [InlineData(5, 40, false)]
    public void Looking_for_work_is_no_work(double ranMs, double polledMs, bool full)
    {
        var load = new LoopLoad(_times, _time);
        _times.Add(ranMs, waitedMs: 0, turns: 100);
        load.Polled(TimeSpan.FromMilliseconds(polledMs));
        Assert.True(SampleLater(load, 50));
        Assert.Equal(full, load.IsFull);
        Assert.Equal(Math.Max(0, (ranMs - polledMs) / 50), load.Work, 6);
    }

    [Theory]
    [InlineData(10, 40, true)]
    [InlineData(10, 41, false)]
    [InlineData(2.4, 1, false)]
    [InlineData(2.6, 1, true)]
    [InlineData(0, 0, false)]
    public void Long_waits_for_a_processor_are_contention(double waitedMs, int turns, bool contended)
    {
        var load = new LoopLoad(_times, _time);
        _times.Add(ranMs: 1, waitedMs, turns);
        Assert.True(SampleLater(load, 50));
        Assert.Equal(contended, load.IsContended);
    }

    [Fact]
    public void A_window_forgets_the_one_before()
    {
        var load = new LoopLoad(_times, _time);
        _times.Add(ranMs: 50, waitedMs: 30, turns: 10);
        load.Polled(TimeSpan.FromMilliseconds(5));
        Assert.True(SampleLater(load, 50));
        Assert.True(load.IsFull && load.IsContended);
        _times.Add(ranMs: 10, waitedMs: 1, turns: 100);
        Assert.True(SampleLater(load, 100));
        Assert.Equal(0.1, load.Work, 6);
        Assert.False(load.IsContended);
    }

    [Fact]
    public void The_scheduler_counts_the_thread_that_opened_the_times()
    {
        using SchedulerTimes? times = SchedulerTimes.TryOpen();
        Assert.SkipWhen(times is null, "this kernel does not count a thread's times");
        ThreadTimes before = times!.Read();
        var watch = System.Diagnostics.Stopwatch.StartNew();
        ThreadTimes after = before;
        while (after.Ran - before.Ran < 20_000_000 && watch.Elapsed < BridgeRig.Patience)
            after = times.Read();
        Assert.InRange(after.Ran - before.Ran, 20_000_000, watch.Elapsed.TotalNanoseconds + 20_000_000);
        Assert.True(after.Waited >= before.Waited && after.Turns >= before.Turns, $"{before}, {after}");
    }

    private bool SampleLater(LoopLoad load, int milliseconds)
    {
        _time.Advance(TimeSpan.FromMilliseconds(milliseconds));
        return load.Sample(_time.GetTimestamp());
    }
}

/// <summary>A scheduler that says what a test tells it.</summary>
internal sealed class ScriptedTimes : IThreadTimes
{
    private readonly Lock _lock = new();
    private ThreadTimes _times;

    public void Add(double ranMs, double waitedMs, int turns)
    {
        lock (_lock)
            _times = new ThreadTimes(_times.Ran + (long)(ranMs * 1e6), _times.Waited + (long)(waitedMs * 1e6), _times.Turns + turns);
    }

    public ThreadTimes Read()
    {
        lock (_lock)
            return _times;
    }
}
