using System.Data.Common;

namespace Qos.Control;

/// <summary>
/// Whether the database answers, for whoever asks: one question at a time for all of them, and none sooner than a second after the one before. A stranger who
/// asks all the time costs the database one question a second.
/// </summary>
/// <param name="ask">Asks the database; fails when it does not answer.</param>
/// <param name="time">The clock.</param>
internal sealed class DatabaseProbe(Func<CancellationToken, Task> ask, TimeProvider time)
{
    /// <summary>How old an answer may be.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromSeconds(1);

    /// <summary>How long somebody waits for an answer, after which there is none.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    // A question that hangs does not stand in the way of the next one for ever.
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private Task<bool>? _question;
    private long _asked;

    /// <summary>Whether it answers.</summary>
    public async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        Task<bool> question;
        lock (_gate)
        {
            // By when it was asked: what was true then may be over when the answer comes.
            if (_question is null || (_question.IsCompleted && time.GetElapsedTime(_asked) >= Memory))
            {
                _asked = time.GetTimestamp();
                _question = Task.Run(AskAsync, CancellationToken.None);
            }

            question = _question;
        }

        try
        {
            return await question.WaitAsync(Patience, time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private async Task<bool> AskAsync()
    {
        try
        {
            using var longest = new CancellationTokenSource(s_longest, time);
            await ask(longest.Token).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (e is DbException or IOException or OperationCanceledException)
        {
            return false;
        }
    }
}
