namespace Qos.Host;

/// <summary>
/// Gives memory back after the start and after load. The collector looks only when something is allocated, and a host that has become idle allocates nothing: it would
/// keep what its busiest moment needed.
/// </summary>
internal sealed class IdleMemory(TimeProvider time) : BackgroundService
{
    // An idle host allocates less than this between two looks, its own questions included.
    private const long Idle = 1024 * 1024;

    // What is worth a collection.
    private const long Worthwhile = 4 * Idle;

    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(3);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The start leaves garbage of its own: the first idle look collects it in any case.
        long before = GC.GetTotalAllocatedBytes(), collected = before - Worthwhile - 1;
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(s_look, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            long now = GC.GetTotalAllocatedBytes();
            if (now - before < Idle && now - collected > Worthwhile)
            {
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
                collected = now;
            }

            before = now;
        }
    }
}
