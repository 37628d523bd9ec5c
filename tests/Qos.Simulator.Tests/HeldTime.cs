namespace Qos.Simulator.Tests;

/// <summary>A clock whose timers fire when the test says so.</summary>
internal sealed class HeldTime : TimeProvider
{
    private readonly TaskCompletionSource<(Action Fire, TimeSpan Due)> _timer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes with the first timer that is set.</summary>
    public Task<(Action Fire, TimeSpan Due)> Timer => _timer.Task;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        _timer.TrySetResult((() => callback(state), dueTime));
        return new NoTimer();
    }

    private sealed class NoTimer : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
