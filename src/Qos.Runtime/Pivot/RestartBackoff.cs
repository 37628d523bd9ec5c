namespace Qos.Runtime;

/// <summary>How long to wait before the next start: doubling from the first delay to the longest, forgotten after a stable run.</summary>
/// <param name="first">The delay after the first end.</param>
/// <param name="longest">The cap.</param>
/// <param name="stableAfter">A run of at least this length starts over at <paramref name="first"/>.</param>
internal sealed class RestartBackoff(TimeSpan first, TimeSpan longest, TimeSpan stableAfter)
{
    private readonly TimeSpan _first = first;
    private TimeSpan _next = first;

    /// <summary>The delay after a run of the given length.</summary>
    public TimeSpan After(TimeSpan run)
    {
        if (run >= stableAfter)
            _next = _first;
        TimeSpan delay = _next;
        _next = _next * 2 < longest ? _next * 2 : longest;
        return delay;
    }
}
