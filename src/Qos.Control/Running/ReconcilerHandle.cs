using Qos.Fleet;

namespace Qos.Control;

/// <summary>The reconciler of this service, while it leads.</summary>
internal sealed class ReconcilerHandle
{
    public Reconciler? Current { get; set; }

    /// <summary>Why this service cannot reconcile, whether or not another one does; null when it could.</summary>
    public string? Hindrance { get; set; }

    /// <summary>Has an app looked at now; another service that leads finds it at its next look.</summary>
    public void Wake(string appId)
    {
        try
        {
            Current?.Wake(appId);
        }
        catch (ObjectDisposedException)
        {
            // It stopped leading at this moment.
        }
    }
}
