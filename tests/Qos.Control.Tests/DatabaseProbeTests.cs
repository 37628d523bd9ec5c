namespace Qos.Control.Tests;

/// <summary>Anybody may ask whether the service is ready, as often as they like; the database is asked once.</summary>
public sealed class DatabaseProbeTests
{
    private readonly Clock _clock = new();
    private readonly TaskCompletionSource[] _answers = [.. Enumerable.Range(0, 3).Select(static _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously))];
    private readonly DatabaseProbe _probe;
    private int _questions;

    public DatabaseProbeTests() => _probe = new DatabaseProbe(_ => _answers[Interlocked.Increment(ref _questions) - 1].Task, _clock);

    [Fact]
    public async Task A_crowd_asks_one_question_and_an_answer_is_old_after_a_second()
    {
        Task<bool>[] crowd = [.. Enumerable.Range(0, 100).Select(_ => AskAsync())];
        _answers[0].SetResult();
        Assert.All(await Task.WhenAll(crowd), Assert.True);
        Assert.True(await AskAsync());
        Assert.Equal(1, _questions);

        _clock.Now += DatabaseProbe.Memory;
        Task<bool> later = AskAsync();
        _answers[1].SetException(new IOException("it is gone"));
        Assert.False(await later);
        Assert.False(await AskAsync());
        Assert.Equal(2, _questions);
    }

    [Fact]
    public async Task A_question_that_hangs_is_no_yes_and_stays_the_only_one()
    {
        Task<bool> one = AskAsync();
        _clock.Fire(DatabaseProbe.Patience);
        Assert.False(await one);
        _clock.Now += TimeSpan.FromSeconds(5);
        Task<bool> other = AskAsync();
        _clock.Fire(DatabaseProbe.Patience);
        Assert.False(await other);

        // It comes after all, and is too old to be given to anybody who asks now.
        Task<bool> waiting = AskAsync();
        _answers[0].SetResult();
        Assert.True(await waiting);
        Task<bool> anew = AskAsync();
        _answers[1].SetException(new IOException("it is gone"));
        Assert.False(await anew);
        Assert.Equal(2, _questions);
    }

    [Fact]
    public async Task Who_goes_away_takes_no_answer_from_the_others()
    {
        using var gone = new CancellationTokenSource();
        Task<bool> one = _probe.AnswersAsync(gone.Token), other = AskAsync();
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one);
        _answers[0].SetResult();
        Assert.True(await other);
    }

    private Task<bool> AskAsync() => _probe.AnswersAsync(TestContext.Current.CancellationToken);

    /// <summary>A clock that stands, whose timers fire when they are told to.</summary>
    private sealed class Clock : TimeProvider
    {
        private readonly List<(TimeSpan Due, Action Fire)> _timers = [];

        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            lock (_timers)
                _timers.Add((dueTime, () => callback(state)));
            return new Timer();
        }

        public void Fire(TimeSpan due)
        {
            List<(TimeSpan Due, Action Fire)> fired;
            lock (_timers)
            {
                fired = _timers.FindAll(timer => timer.Due == due);
                _timers.RemoveAll(timer => timer.Due == due);
            }

            foreach ((_, Action fire) in fired)
                fire();
        }

        private sealed class Timer : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
