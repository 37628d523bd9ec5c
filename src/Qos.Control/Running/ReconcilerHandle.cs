using Qos.Fleet;

namespace Qos.Control;

/// <summary>The reconciler of this service, while it leads.</summary>
internal sealed class ReconcilerHandle
{
    public Reconciler? Current { get; set; }

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
