using Qos.Fleet.Storage;

namespace Qos.Control;

/// <summary>Keeps the ingress's table as the database has it: at every change that this service sees, and every half second for the others'.</summary>
internal sealed partial class IngressRefresh(FleetDatabase database, IngressTable table, TcpIngress tcp, EventHub events, TimeProvider time, ILogger<IngressRefresh> logger) : BackgroundService
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(500);
    private readonly string _service = Guid.NewGuid().ToString();
    private IReadOnlyList<string> _told = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        EventWatcher? changes = events.Watch();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                table.Replace(await database.RoutesAsync(stoppingToken).ConfigureAwait(false));
                await tcp.ListenAsync(table, database.TcpPortAsync, stoppingToken).ConfigureAwait(false);
                await ExchangeDrainsAsync(stoppingToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
            {
                // The old table goes on: replicas serve while the database is away.
                LogStale(logger, e.Message);
            }

            using var interval = new CancellationTokenSource(s_interval, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(interval.Token, stoppingToken);
            if (changes is null)
            {
                await Task.Delay(s_interval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            else
            {
                await changes.Changes.WaitToReadAsync(either.Token).AsTask().ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).ConfigureAwait(false);
                while (changes.Changes.TryRead(out _))
                {
                }
            }
        }
    }

    // The service that reconciles ends a replica when nobody carries a request of it any more.
    private async Task ExchangeDrainsAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<string> draining = table.Draining;
        if (!draining.SequenceEqual(_told))
        {
            await database.TellDrainsAsync(_service, draining, cancellationToken).ConfigureAwait(false);
            _told = draining;
        }

        table.DrainingElsewhere = await database.DrainsElsewhereAsync(_service, cancellationToken).ConfigureAwait(false);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The routes are those of before: {Why}")]
    private static partial void LogStale(ILogger logger, string why);
}
