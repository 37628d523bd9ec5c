using System.Data.Common;
using Qos.Fleet.Storage;

namespace Qos.Control;

/// <summary>Removes executables that no deployment needs any more, once an hour: those of deployments that are purged, and those that were only asked about.</summary>
internal sealed partial class PivotCleaning(PivotStore pivots, FleetDatabase database, TimeProvider time, ILogger<PivotCleaning> logger) : BackgroundService
{
    // Longer than a deployment is made, from its executable's arrival until it is kept.
    private static readonly TimeSpan s_period = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(s_period, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                stoppingToken.ThrowIfCancellationRequested();

                // The files' times are the machine's.
                if (await pivots.RemoveUnneededAsync(DateTime.UtcNow - s_period, database.NeededPivotsAsync, stoppingToken).ConfigureAwait(false) is > 0 and var removed)
                    LogRemoved(logger, removed);
            }
            catch (OperationCanceledException)
            {
                // The service stops.
            }
            catch (Exception e) when (e is DbException or IOException or UnauthorizedAccessException or FormatException)
            {
                LogTrouble(logger, e.Message);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Removed {Count} executables that no deployment needs")]
    private static partial void LogRemoved(ILogger logger, int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Executables that no deployment needs stay for now: {Why}")]
    private static partial void LogTrouble(ILogger logger, string why);
}
