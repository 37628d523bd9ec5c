using Qos.Runtime.Tests;

namespace Qos.Fleet.Tests;

/// <summary>Whose step has its turn when some wait long.</summary>
public sealed class StepSlotsTests : IDisposable
{
    private static readonly TimeSpan s_long = TimeSpan.FromSeconds(1);
    private readonly ManualTime _time = new();
    private readonly StepSlots _slots;

    public StepSlotsTests() => _slots = new StepSlots(1, _time);

    [Fact]
    public async Task A_step_that_waits_long_makes_room_and_its_replica_s_next_one_takes_none()
    {
        (TaskCompletionSource<bool> answer, Task<bool> waits) = Begin("slow");
        Task<bool> next = Step("quick");
        Assert.False(next.IsCompleted);
        _time.Advance(s_long);
        Assert.True(await next);
        Assert.False(waits.IsCompleted);
        answer.SetResult(true);
        Assert.True(await waits);

        (answer, waits) = Begin("slow");
        Assert.True(await Step("quick"));
        answer.SetResult(false);
        Assert.False(await waits);

        // It was quick this time, so it has its turn with all others again.
        (answer, waits) = Begin("slow");
        next = Step("quick");
        Assert.False(next.IsCompleted);
        answer.SetResult(true);
        Assert.True(await next);
        Assert.Equal(0, _slots.Count);
    }

    [Fact]
    public async Task Those_that_wait_long_have_an_end_too_and_all_get_their_turn()
    {
        var all = new List<(TaskCompletionSource<bool> Answer, Task<bool> Waits)>();
        for (int i = 0; i < 17; i++)
        {
            all.Add(Begin($"slow {i}"));
            _time.AdvanceToNextTimer();
        }

        // There is room for sixteen that wait, and the seventeenth is on the slot of those that are quick.
        Task<bool> quick = Step("quick");
        Assert.False(quick.IsCompleted);
        all[0].Answer.SetResult(true);
        Assert.True(await quick);
        foreach ((TaskCompletionSource<bool> answer, Task<bool> waits) in all.Skip(1))
        {
            answer.SetResult(true);
            Assert.True(await waits);
        }

        Assert.True(await Step("quick"));
        Assert.Equal(17, _slots.Count);
        _slots.Keep(new HashSet<string> { "slow 3" });
        Assert.Equal(1, _slots.Count);
    }

    [Fact]
    public async Task Who_gives_up_waiting_takes_no_turn()
    {
        (TaskCompletionSource<bool> answer, Task<bool> waits) = Begin("one");
        using var stop = new CancellationTokenSource();
        Task<bool> waiting = _slots.RunAsync("two", static () => throw new InvalidOperationException("It ran."), stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        answer.SetResult(true);
        Assert.True(await waits);
        Assert.True(await Step("three"));
    }

    public void Dispose() => _slots.Dispose();

    private (TaskCompletionSource<bool> Answer, Task<bool> Waits) Begin(string replica)
    {
        var answer = new TaskCompletionSource<bool>();
        return (answer, _slots.RunAsync(replica, () => answer.Task, default));
    }

    private Task<bool> Step(string replica) => _slots.RunAsync(replica, static () => Task.FromResult(true), default);
}
