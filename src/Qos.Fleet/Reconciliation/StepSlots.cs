using System.Collections.Concurrent;

namespace Qos.Fleet;

/// <summary>
/// How many steps run at the same time. A step that waits long for its host moves to slots for such steps, and the replica's next steps begin there until one was quick:
/// hosts that answer slowly or not at all hold up one another, and no replica whose host answers.
/// </summary>
/// <param name="parallelism">How many steps that are quick run at the same time.</param>
/// <param name="time">The clock.</param>
internal sealed class StepSlots(int parallelism, TimeProvider time) : IDisposable
{
    // A step that waits holds a connection and some memory, and no processor.
    private const int SlowForEachQuick = 16;

    // Questions to a host that is well take milliseconds.
    private static readonly TimeSpan s_quick = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _quick = new(parallelism);
    private readonly SemaphoreSlim _slow = new(parallelism * SlowForEachQuick);
    private readonly ConcurrentDictionary<string, byte> _slowReplicas = new(StringComparer.Ordinal);

    /// <summary>How many replicas it remembers.</summary>
    public int Count => _slowReplicas.Count;

    /// <summary>Runs a step of a replica when it has its turn.</summary>
    /// <param name="replicaId">The replica's.</param>
    /// <param name="step">The step; it throws nothing.</param>
    /// <param name="cancellationToken">Gives up waiting for the turn.</param>
    public async Task<bool> RunAsync(string replicaId, Func<Task<bool>> step, CancellationToken cancellationToken)
    {
        SemaphoreSlim held = _slowReplicas.ContainsKey(replicaId) ? _slow : _quick;
        await held.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            Task<bool> running = step();
            try
            {
                bool changed = await running.WaitAsync(s_quick, time, CancellationToken.None).ConfigureAwait(false);
                _slowReplicas.TryRemove(replicaId, out _);
                return changed;
            }
            catch (TimeoutException)
            {
                _slowReplicas[replicaId] = 0;
            }

            if (held == _quick && await HasTurnBeforeEndAsync(running).ConfigureAwait(false))
            {
                _quick.Release();
                held = _slow;
            }

            return await running.ConfigureAwait(false);
        }
        finally
        {
            held.Release();
        }
    }

    /// <summary>Forgets all replicas but these.</summary>
    public void Keep(IReadOnlySet<string> replicas) => _slowReplicas.Keep(replicas);

    /// <inheritdoc/>
    public void Dispose()
    {
        _quick.Dispose();
        _slow.Dispose();
    }

    private async Task<bool> HasTurnBeforeEndAsync(Task running)
    {
        using var ended = new CancellationTokenSource();
        Task turn = _slow.WaitAsync(ended.Token);
        await Task.WhenAny(running, turn).ConfigureAwait(false);
        await ended.CancelAsync().ConfigureAwait(false);
        await turn.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return turn.IsCompletedSuccessfully;
    }
}
