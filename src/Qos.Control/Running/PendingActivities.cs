namespace Qos.Control;

/// <summary>Runs, once at the start, the activities that a service before this one left pending.</summary>
internal sealed class PendingActivities(ApiActivities activities) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => activities.ResumeAsync(stoppingToken);
}
