namespace Qos.Runtime;

/// <summary>Lets a burst of lines through, then so many a second, and counts the ones that it holds back. Not thread-safe.</summary>
internal sealed class LineRate(int burst, int perSecond, TimeProvider time)
{
    private double _tokens = burst;
    private long _last = time.GetTimestamp();
    private long _dropped;

    /// <summary>Whether a line may be shown now.</summary>
    public bool TryTake()
    {
        long now = time.GetTimestamp();
        _tokens = Math.Min(burst, _tokens + (time.GetElapsedTime(_last, now).TotalSeconds * perSecond));
        _last = now;
        if (_tokens < 1)
        {
            _dropped++;
            return false;
        }

        _tokens--;
        return true;
    }

    /// <summary>Counts lines that were allowed but could not be shown.</summary>
    public void Drop(long lines) => _dropped += lines;

    /// <summary>How many lines were held back since the last call.</summary>
    public long TakeDropped()
    {
        long dropped = _dropped;
        _dropped = 0;
        return dropped;
    }
}
