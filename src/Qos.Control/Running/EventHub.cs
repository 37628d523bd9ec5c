using System.Collections.Concurrent;
using System.Threading.Channels;
using Qos.Fleet;

namespace Qos.Control;

/// <summary>Passes changes on to whoever watches. A watcher that is too slow misses some and is told so; nobody waits for it.</summary>
internal sealed class EventHub
{
    private const int Waiting = 256;
    private const int MaxWatchers = 4096;
    private readonly ConcurrentDictionary<Channel<FleetEvent>, byte> _watchers = new();

    public void Publish(FleetEvent change)
    {
        foreach (Channel<FleetEvent> watcher in _watchers.Keys)
            watcher.Writer.TryWrite(change);
    }

    /// <summary>A stream of changes from now on; null when there are too many watchers.</summary>
    public Channel<FleetEvent>? Watch()
    {
        if (_watchers.Count >= MaxWatchers)
            return null;
        var watcher = Channel.CreateBounded<FleetEvent>(new BoundedChannelOptions(Waiting) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
        _watchers.TryAdd(watcher, 0);
        return watcher;
    }

    public void Leave(Channel<FleetEvent> watcher) => _watchers.TryRemove(watcher, out _);
}
