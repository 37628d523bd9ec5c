using System.Collections.Concurrent;
using System.Threading.Channels;
using Qos.Fleet;

namespace Qos.Control;

/// <summary>Passes changes on to whoever watches. A watcher that is too slow misses some and is told so; nobody waits for it.</summary>
internal sealed class EventHub
{
    private const int MaxWatchers = 4096;
    private readonly ConcurrentDictionary<EventWatcher, byte> _watchers = new();

    public void Publish(FleetEvent change)
    {
        foreach (EventWatcher watcher in _watchers.Keys)
            watcher.Offer(change);
    }

    /// <summary>How often a watcher hears that the service is still there, and its key is looked up.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Changes from now on; null when there are too many watchers.</summary>
    /// <param name="organizationId">Whose changes; null for everybody's.</param>
    /// <param name="most">How many watchers of this organization there may be.</param>
    public EventWatcher? Watch(string? organizationId = null, int most = MaxWatchers)
    {
        if (_watchers.Count >= MaxWatchers || (most < MaxWatchers && _watchers.Keys.Count(watcher => watcher.OrganizationId == organizationId) >= most))
            return null;
        var watcher = new EventWatcher(organizationId);
        _watchers.TryAdd(watcher, 0);
        return watcher;
    }

    public void Leave(EventWatcher watcher) => _watchers.TryRemove(watcher, out _);
}

/// <summary>One watcher's changes, the last of them if it is slow.</summary>
internal sealed class EventWatcher
{
    private const int Waiting = 256;
    private readonly Channel<FleetEvent> _changes;
    private int _missed;

    public EventWatcher(string? organizationId)
    {
        OrganizationId = organizationId;
        _changes = Channel.CreateBounded<FleetEvent>(
            new BoundedChannelOptions(Waiting) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true }, _ => Volatile.Write(ref _missed, 1));
    }

    public string? OrganizationId { get; }

    public ChannelReader<FleetEvent> Changes => _changes.Reader;

    /// <summary>Whether changes were dropped since this was last asked.</summary>
    public bool TakeMissed() => Interlocked.Exchange(ref _missed, 0) != 0;

    public void Offer(FleetEvent change)
    {
        if (OrganizationId is null || change.OrganizationId == OrganizationId)
            _changes.Writer.TryWrite(change);
    }
}
