namespace Qos.Host;

/// <summary>
/// Asks a question once for all callers that want the answer at the same moment.
/// A caller gets an answer that was asked for after it came, never an older one, so sharing changes no result;
/// it keeps a crowd of health checks from queueing at the enclave.
/// </summary>
/// <typeparam name="T">What the answer is.</typeparam>
internal sealed class SingleFlight<T>(Func<Task<T>> ask)
{
    private readonly Lock _gate = new();
    private Task<T>? _running;
    private Task<T>? _next;

    /// <summary>Asks, or joins those who wait for the next time that it is asked.</summary>
    public Task<T> AskAsync()
    {
        lock (_gate)
        {
            if (_next is not null)
                return _next;
            if (_running is null || _running.IsCompleted)
                return _running = ask();

            return _next = AskAfterAsync(_running);
        }
    }

    private async Task<T> AskAfterAsync(Task<T> before)
    {
        await ((Task)before).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        Task<T> mine;
        lock (_gate)
        {
            // From here on a new caller is too late for this round and must start the one after it.
            _running = _next!;
            _next = null;
            mine = ask();
        }

        return await mine.ConfigureAwait(false);
    }
}
