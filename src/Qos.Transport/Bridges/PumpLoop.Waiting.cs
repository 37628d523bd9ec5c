using Tmds.Linux;

namespace Qos.Transport;

/// <summary>
/// Waiting. A thread that sleeps is woken late: its processor has to be started, which in a virtual machine takes longer than the bridge's whole work on
/// a message. So a loop whose last event came soon looks for the next one for a moment before it sleeps. Between two looks every other thread that
/// wants its processor has a turn, often the very one that will send what the loop waits for.
/// </summary>
internal sealed unsafe partial class PumpLoop
{
    // A round trip through both halves and back takes 30 us when no thread sleeps.
    private static readonly TimeSpan s_soon = TimeSpan.FromMicroseconds(100);

    // A bound of its own: the clock of a test stands still.
    private const int MaxLooks = 300;

    // After so many short waits in a row a loop looks: one alone is an answer after a question, and the next question may take its time.
    private const int ShortWaits = 2;

    private int _shortWaits;
    private long _looked;
    private uint _lastPlace;
    private uint _placeBefore;

    /// <summary>How often it looked before it slept.</summary>
    internal long Looked => Volatile.Read(ref _looked);

    // Takes what the kernel reports; waits for it unless connections wait for their turn.
    private int Wait(epoll_event* events)
    {
        if (_load is not { } load)
            return LibC.epoll_wait(Epoll, events, MaxEvents, _queue.Count == 0 ? -1 : 0);
        long began = _time.GetTimestamp();
        if (load.Sample(began))
            OnSample(load);
        if (_queue.Count != 0)
            return LibC.epoll_wait(Epoll, events, MaxEvents, 0);

        int count = 0;
        bool looks = _shortWaits >= ShortWaits && !load.IsContended;
        if (looks)
            count = Look(events, load, began);
        if (count == 0)
        {
            count = LibC.epoll_wait(Epoll, events, MaxEvents, -1);
            _shortWaits = !looks && _time.GetElapsedTime(began) < s_soon ? _shortWaits + 1 : 0;
        }

        // Where several connections are busy there is enough to do, and looking for more would take processors from the others.
        if (count != 1 || !IsOneOfTwo(events[0].data.u64))
            _shortWaits = Math.Min(_shortWaits, ShortWaits - 1);
        return count;
    }

    // A connection that begins while another one ends: two.
    private bool IsOneOfTwo(ulong key)
    {
        if ((key & ListenerFlag) != 0)
            return Open <= 2;
        uint place = (uint)key >> 1;
        if (place == _lastPlace)
            return true;
        bool known = place == _placeBefore;
        _placeBefore = _lastPlace;
        _lastPlace = place;
        return known;
    }

    private int Look(epoll_event* events, LoopLoad load, long began)
    {
        Volatile.Write(ref _looked, _looked + 1);
        int count = 0;
        long now = began;
        for (int looks = 0; count == 0 && looks < MaxLooks && _time.GetElapsedTime(began, now) < s_soon; looks++)
        {
            _ = Thread.Yield();
            count = LibC.epoll_wait(Epoll, events, MaxEvents, 0);
            now = _time.GetTimestamp();
        }

        load.Polled(_time.GetElapsedTime(began, now));
        return count;
    }
}
