using System.Runtime.InteropServices;
using Tmds.Linux;

namespace Qos.Transport;

/// <summary>Accepting: each loop that works waits at every listener, and a connection stays on the loop that accepted it until loops share.</summary>
internal sealed unsafe partial class PumpLoop
{
    private const ulong ListenerFlag = 1UL << 63;

    private readonly Dictionary<int, Bridge> _bridges = [];
    private readonly List<Bridge> _paused = [];

    /// <summary>It accepts. On the loop's thread.</summary>
    internal bool Listens { get; private set; }

    /// <summary>Begins to accept for a bridge, or will once the loop works. On the loop's thread.</summary>
    internal void Listen(Bridge bridge)
    {
        _bridges.Add(bridge.Id, bridge);
        if (Listens)
            WatchListener(bridge);
    }

    /// <summary>Begins to accept for all bridges, unless it was let rest again since it was set to work. On the loop's thread.</summary>
    internal void StartListening()
    {
        if (Listens || !_pump.IsWorking(this))
            return;
        Listens = true;
        _calmSince = _time.GetTimestamp();
        _paused.AddRange(_bridges.Values);
        ResumeAccepting();
        if (_paused.Count > 0)
            StartClock(retries: true);
    }

    /// <summary>Accepts for no bridge any more. On the loop's thread.</summary>
    internal void StopListening()
    {
        Listens = false;
        foreach (Bridge bridge in _bridges.Values)
        {
            if (!_paused.Remove(bridge))
                UnwatchListener(bridge);
        }
    }

    /// <summary>Accepts no more for a bridge. On the loop's thread.</summary>
    internal void Unlisten(Bridge bridge)
    {
        if (!_bridges.Remove(bridge.Id))
            return;
        if (!_paused.Remove(bridge) && Listens)
            UnwatchListener(bridge);
    }

    private void Accept(int id)
    {
        if (!_bridges.TryGetValue(id, out Bridge? bridge))
            return;

        // One at a time: the listener reports again at once if there are more, and events of open connections come in between.
        int fd = LibC.accept4(bridge.ListenFd, null, null, LibC.SOCK_NONBLOCK | LibC.SOCK_CLOEXEC);
        if (fd >= 0)
        {
            Accepted(bridge, fd);
            return;
        }

        int error = Marshal.GetLastPInvokeError();
        if (NativeSocket.IsOutOfResources(error))
            PauseAccepting(bridge, error);
    }

    private void Accepted(Bridge bridge, int fd)
    {
        LoopCounters counters = bridge.CountersOf(this);
        if (!bridge.TryEnter())
        {
            counters.Refused++;
            NativeSocket.Reset(fd);
            bridge.Report(BridgeNoticeKind.Full, $"more than {bridge.Limits.MaxConnections} connections; the further ones are reset");
            return;
        }

        if (!_pump.TryEnter())
        {
            bridge.Leave();
            counters.Refused++;
            NativeSocket.Reset(fd);
            bridge.Report(
                BridgeNoticeKind.Full,
                $"all bridges together have {_pump.Options.MaxConnections} connections; the further ones are reset; raise the limit of open files");
            return;
        }

        counters.Accepted++;
        PumpLoop loop = _pump.LoopFor(this);
        loop.Reserve();
        if (loop == this)
            Add(bridge, fd);
        else
            HandOver(loop, bridge, fd);
    }

    private static void HandOver(PumpLoop loop, Bridge bridge, int fd) => loop.Post(() => loop.Add(bridge, fd));

    // Without a descriptor a ready listener would spin; connections wait in the kernel until the next tick instead.
    private void PauseAccepting(Bridge bridge, int error)
    {
        UnwatchListener(bridge);
        _paused.Add(bridge);
        StartClock(retries: true);
        bridge.Report(
            BridgeNoticeKind.OutOfResources,
            $"cannot accept ({Marshal.GetPInvokeErrorMessage(error)}); raise the limit of open files if this stays");
    }

    private void ResumeAccepting()
    {
        Bridge[] paused = [.. _paused];
        _paused.Clear();
        foreach (Bridge bridge in paused)
        {
            try
            {
                WatchListener(bridge);
            }
            catch (IOException)
            {
                _paused.Add(bridge);
            }
        }
    }

    private void WatchListener(Bridge bridge) =>
        Register(bridge.ListenFd, LibC.EPOLLIN | LibC.EPOLLEXCLUSIVE, ListenerFlag | (uint)bridge.Id);

    private void UnwatchListener(Bridge bridge)
    {
        epoll_event unused;
        _ = LibC.epoll_ctl(Epoll, LibC.EPOLL_CTL_DEL, bridge.ListenFd, &unused);
    }
}
