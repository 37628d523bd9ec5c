namespace Qos.Control;

/// <summary>What the service that leads does besides reconciling.</summary>
internal interface ILeaderWork
{
    /// <summary>Works until it is told to stop.</summary>
    Task RunAsync(CancellationToken cancellationToken);
}
