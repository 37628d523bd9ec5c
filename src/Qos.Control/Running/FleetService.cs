using Qos.Fleet;
using Qos.Fleet.Kubernetes;
using Qos.Fleet.Storage;

namespace Qos.Control;

/// <summary>Reconciles while this service leads; waits for that otherwise.</summary>
internal sealed partial class FleetService(
    FleetDatabase database, FleetParts parts, ReconcilerHandle handle, IEnumerable<ILeaderWork> besides, ILoggerFactory loggers, LeaseElection? election = null) : BackgroundService
{
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);
    private readonly ILogger<FleetService> _logger = loggers.CreateLogger<FleetService>();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                // In a cluster its Lease says who leads. The database's lock is the fence behind it: one that lost the Lease and did not notice holds up the next.
                CancellationToken elected = election is null ? CancellationToken.None : await election.WonAsync(stoppingToken).ConfigureAwait(false);
                using var mayLead = CancellationTokenSource.CreateLinkedTokenSource(elected, stoppingToken);
                Leadership? leadership = await database.TryLeadAsync(mayLead.Token).ConfigureAwait(false);
                if (leadership is not null)
                {
                    await using (leadership.ConfigureAwait(false))
                        await LeadAsync(leadership, mayLead.Token).ConfigureAwait(false);
                }
            }
            catch (OperationCanceledException)
            {
                // The Lease was lost, or the service stops.
            }
            catch (Exception e)
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
        Task running = Task.CompletedTask;
        try
        {
            running = Task.WhenAll([reconciler.RunAsync(lost.Token), .. besides.Select(work => work.RunAsync(lost.Token))]);
            while (!running.IsCompleted && await leadership.IsHeldAsync(stoppingToken).ConfigureAwait(false))
                await Task.WhenAny(running, Task.Delay(s_look, parts.Time, stoppingToken)).ConfigureAwait(false);
        }
        finally
        {
            // Whatever ended it: the database's lock is given back only when no step is under way any more.
            await lost.CancelAsync().ConfigureAwait(false);
            await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (running.Exception is { } fault)
                LogTrouble(_logger, fault.InnerException?.Message ?? fault.Message);
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
