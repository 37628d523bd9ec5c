using System.Diagnostics;

namespace Qos.EndToEnd.Local;

/// <summary>Waits for something that another process does: looks again and again, until it is so or it takes too long.</summary>
public static class Eventually
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    /// <summary>Waits until a look gives something.</summary>
    /// <param name="look">Null for not yet.</param>
    /// <param name="complaint">What to say when it takes too long.</param>
    /// <exception cref="TimeoutException">It took a minute.</exception>
    public static async Task<T> IsAsync<T>(Func<Task<T?>> look, Func<string> complaint)
        where T : class
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            if (await look() is { } found)
                return found;
            if (Stopwatch.GetElapsedTime(start) > s_patience)
                throw new TimeoutException(complaint());
            await Task.Delay(s_pause);
        }
    }

    /// <summary>Waits until a look is true.</summary>
    public static Task TrueAsync(Func<Task<bool>> look, Func<string> complaint) =>
        IsAsync(async () => await look() ? "" : null, complaint);

    /// <summary>Waits until a look is true.</summary>
    public static Task TrueAsync(Func<bool> look, Func<string> complaint) => TrueAsync(() => Task.FromResult(look()), complaint);
}
