using Qos.Fleet;
using Qos.Fleet.Storage;

namespace Qos.Control;

/// <summary>Reconciles while this service leads; waits for that otherwise.</summary>
internal sealed partial class FleetService(FleetDatabase database, FleetParts parts, ReconcilerHandle handle, ILoggerFactory loggers) : BackgroundService
{
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);
    private readonly ILogger<FleetService> _logger = loggers.CreateLogger<FleetService>();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                Leadership? leadership = await database.TryLeadAsync(stoppingToken).ConfigureAwait(false);
                if (leadership is not null)
                {
                    await using (leadership.ConfigureAwait(false))
                        await LeadAsync(leadership, stoppingToken).ConfigureAwait(false);
                }
            }
            catch (Exception e) when (e is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
            {
                LogTrouble(_logger, e.Message);
            }

            await Task.Delay(s_look, parts.Time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task LeadAsync(Leadership leadership, CancellationToken stoppingToken)
    {
        LogLeads(_logger);
        using var lost = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        using var reconciler = new Reconciler(parts, loggers.CreateLogger<Reconciler>());
        handle.Current = reconciler;
        try
        {
            Task running = reconciler.RunAsync(lost.Token);
            while (!running.IsCompleted && await leadership.IsHeldAsync(stoppingToken).ConfigureAwait(false))
                await Task.WhenAny(running, Task.Delay(s_look, parts.Time, stoppingToken)).ConfigureAwait(false);
            await lost.CancelAsync().ConfigureAwait(false);
            await running.ConfigureAwait(false);
        }
        finally
        {
            handle.Current = null;
            LogLeadsNoMore(_logger);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "This service reconciles")]
    private static partial void LogLeads(ILogger logger);

    [LoggerMessage(Level = LogLevel.Information, Message = "This service does not reconcile any more")]
    private static partial void LogLeadsNoMore(ILogger logger);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Reconciling is interrupted: {Why}")]
    private static partial void LogTrouble(ILogger logger, string why);
}
