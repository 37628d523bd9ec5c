namespace Qos.Runtime.Tests.Pivot;

public sealed class RestartBackoffTests
{
    [Fact]
    public void Delays_double_up_to_the_cap_and_start_over_after_a_stable_run()
    {
        var backoff = new RestartBackoff(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(60));
        int[] milliseconds = [.. Enumerable.Range(0, 12).Select(_ => (int)backoff.After(TimeSpan.FromSeconds(1)).TotalMilliseconds)];
        Assert.Equal([100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000, 30000], milliseconds);
        Assert.Equal(TimeSpan.FromSeconds(30), backoff.After(TimeSpan.FromSeconds(59.9)));
        Assert.Equal(TimeSpan.FromMilliseconds(100), backoff.After(TimeSpan.FromSeconds(60)));
        Assert.Equal(TimeSpan.FromMilliseconds(200), backoff.After(TimeSpan.Zero));
    }
}
