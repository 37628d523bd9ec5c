namespace Qos.Host;

/// <summary>
/// How many bytes of bodies the host holds in all. When they are used up, the slowest upload is given up for the faster ones, so that
/// clients that send slowly, however many they are, keep nobody else out.
/// </summary>
/// <param name="limit">Bytes over all bodies.</param>
/// <param name="time">The clock that rates are measured by.</param>
internal sealed class SpoolBudget(long limit, TimeProvider time)
{
    // A body is judged after this time; before it, a rate says nothing.
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly List<SpooledBody> _uploads = [];
    private long _used;

    /// <summary>Bytes that are held now.</summary>
    public long Used => Interlocked.Read(ref _used);

    /// <summary>How many uploads were given up for faster ones.</summary>
    public long Evicted { get; private set; }

    /// <summary>An upload begins: from now on it may be given up.</summary>
    public void Enter(SpooledBody body)
    {
        lock (_gate)
            _uploads.Add(body);
    }

    /// <summary>An upload is complete: it goes to the enclave and is not given up any more.</summary>
    public void Complete(SpooledBody body)
    {
        lock (_gate)
            _uploads.Remove(body);
    }

    /// <summary>Takes bytes for a body.</summary>
    /// <returns>False when there are none left and no other upload is slower.</returns>
    public bool TryTake(SpooledBody body, int bytes)
    {
        lock (_gate)
        {
            if (body.IsEvicted)
                return false;
            while (_used + bytes > limit)
            {
                SpooledBody? slowest = _uploads.MinBy(upload => upload.Rate(time, s_grace));
                if (slowest is null || slowest == body)
                    return false;
                _uploads.Remove(slowest);
                Evicted++;
                _used -= slowest.Evict();
            }

            body.Taken += bytes;
            _used += bytes;
            return true;
        }
    }

    /// <summary>A body is gone.</summary>
    public void Leave(SpooledBody body)
    {
        lock (_gate)
        {
            _uploads.Remove(body);
            _used -= body.Taken;
            body.Taken = 0;
        }
    }
}
