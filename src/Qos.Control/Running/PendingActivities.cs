namespace Qos.Control;

/// <summary>
/// Runs the activities that were left pending: at the start those of a service before this one, later those that a failure of the database, or the end of
/// another service, left.
/// </summary>
internal sealed partial class PendingActivities(ApiActivities activities, TimeProvider time, ILogger<PendingActivities> logger) : BackgroundService
{
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        for (bool first = true; !stoppingToken.IsCancellationRequested; first = false)
        {
            try
            {
                await activities.ResumeAsync(first, stoppingToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // The database does not answer, or whatever it is: they are still there at the next look.
                LogTrouble(logger, e.Message);
            }

            await Task.Delay(s_look, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Pending activities cannot be looked at: {Why}")]
    private static partial void LogTrouble(ILogger logger, string why);
}
