using Microsoft.AspNetCore.Connections;

namespace Qos.Control;

/// <summary>
/// Ends a connection that is closed, whatever its server still waits for. Kestrel waits for ever for streams of HTTP/2 that a client opened and reset
/// faster than they could be answered: each such connection would count against the limit until a restart.
/// </summary>
/// <param name="patience">How long a connection that is closed may still be worked on.</param>
/// <param name="time">What measures that.</param>
internal sealed class ConnectionEnd(TimeSpan patience, TimeProvider time)
{
    /// <summary>More than what learns of the end needs to end too.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(5);

    /// <summary>Serves a connection.</summary>
    public ConnectionDelegate Around(ConnectionDelegate serve) => async connection =>
    {
        Task serving = serve(connection);
        if (!serving.IsCompleted)
        {
            var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            using CancellationTokenRegistration registration = connection.ConnectionClosed.UnsafeRegister(static closed => ((TaskCompletionSource)closed!).TrySetResult(), closed);
            if (await Task.WhenAny(serving, closed.Task).ConfigureAwait(false) != serving)
                await serving.WaitAsync(patience, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (serving.IsCompleted)
            await serving.ConfigureAwait(false);
    };
}
