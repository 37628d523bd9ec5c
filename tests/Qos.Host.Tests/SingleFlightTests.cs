namespace Qos.Host.Tests;

public sealed class SingleFlightTests
{
    [Fact]
    public async Task Callers_at_one_moment_share_an_answer_that_was_asked_for_after_they_came()
    {
        var asked = new List<TaskCompletionSource<int>>();
        var flight = new SingleFlight<int>(() =>
        {
            asked.Add(new TaskCompletionSource<int>());
            return asked[^1].Task;
        });
        Task<int> first = flight.AskAsync();
        Task<int>[] later = [.. Enumerable.Range(0, 10).Select(_ => flight.AskAsync())];
        Assert.Single(asked);

        asked[0].SetResult(1);
        Assert.Equal(1, await first);
        while (asked.Count < 2)
            await Task.Yield();
        asked[1].SetResult(2);
        Assert.All(await Task.WhenAll(later), static answer => Assert.Equal(2, answer));
        Assert.Equal(2, asked.Count);
    }

    [Fact]
    public async Task A_question_that_failed_is_asked_again()
    {
        int asked = 0;
        var flight = new SingleFlight<int>(() => ++asked == 1 ? Task.FromException<int>(new IOException("no")) : Task.FromResult(asked));
        await Assert.ThrowsAsync<IOException>(flight.AskAsync);
        Assert.Equal(2, await flight.AskAsync());
    }
}
