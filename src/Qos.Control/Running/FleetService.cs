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
                string? elsewhere = await database.ElsewhereAsync(parts.Runner.Place, mayLead.Token).ConfigureAwait(false);
                Say(elsewhere);
                Leadership? leadership = elsewhere is null ? await database.TryLeadAsync(mayLead.Token).ConfigureAwait(false) : null;
                if (leadership is not null)
                {
                    await using (leadership.ConfigureAwait(false))
                    {
                        // Again, as the one that leads: another one may have led meanwhile.
                        elsewhere = await database.ClaimPlaceAsync(parts.Runner.Place, mayLead.Token).ConfigureAwait(false);
                        Say(elsewhere);
                        if (elsewhere is null)
                            await LeadAsync(leadership, mayLead.Token).ConfigureAwait(false);
                    }
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

    // A runner elsewhere finds none of the replicas, and would replace them all.
    private void Say(string? elsewhere)
    {
        string? hindrance = elsewhere is null ? null
            : $"the fleet's replicas run at {elsewhere}, and this service's runner is at {parts.Runner.Place}: run the service there, or, when that is this machine or one that is gone for good, set runner.place to \"{elsewhere}\"; replicas that are not found here are then replaced";
        if (hindrance is not null && hindrance != handle.Hindrance)
            LogHindered(_logger, hindrance);
        handle.Hindrance = hindrance;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "This service does not reconcile: {Why}")]
    private static partial void LogHindered(ILogger logger, string why);

    [LoggerMessage(Level = LogLevel.Information, Message = "This service reconciles")]
    private static partial void LogLeads(ILogger logger);

    [LoggerMessage(Level = LogLevel.Information, Message = "This service does not reconcile any more")]
    private static partial void LogLeadsNoMore(ILogger logger);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Reconciling is interrupted: {Why}")]
    private static partial void LogTrouble(ILogger logger, string why);
}
