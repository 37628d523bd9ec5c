namespace Qos.Node;

/// <summary>
/// Decides which messages may bring a pivot at the same time: there is room for few, and nobody may keep the others out by sending
/// slowly.
/// </summary>
/// <remarks>
/// A message whose approved envelope arrived before its pivot comes first: it displaces one whose envelope is still unknown or not
/// approved, of which there is one at a time. Among equals a newcomer displaces the one that sends slowest, once that one had
/// <see cref="Grace"/>. Canonical JSON and Borsh both have the envelope first.
/// </remarks>
internal sealed class PivotPlaces(TimeProvider time)
{
    /// <summary>How many pivots are staged at most; the memory that they take is this often the longest message.</summary>
    internal const int Count = 2;

    /// <summary>How long a pivot may take before another one may displace it.</summary>
    internal static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly Holder?[] _holders = new Holder?[Count];

    /// <summary>Takes a place; -1 when there is none.</summary>
    internal int TryTake(PivotReception newcomer, bool isApproved)
    {
        while (true)
        {
            Holder? victim;
            lock (_gate)
            {
                victim = Choose(isApproved, out int place);
                if (victim is null)
                {
                    if (place >= 0)
                        _holders[place] = new Holder(newcomer, isApproved, time.GetTimestamp());
                    return place;
                }
            }

            // Not under the lock: the holder may be writing, and leaves its place itself.
            if (!victim.Reception.TryDisplace())
                victim.IsPinned = true;
        }
    }

    /// <summary>Gives the place back, if it is still this one's.</summary>
    internal void Leave(PivotReception reception)
    {
        lock (_gate)
        {
            int place = Array.FindIndex(_holders, holder => holder?.Reception == reception);
            if (place >= 0)
                _holders[place] = null;
        }
    }

    // The holder to displace first, or null and the free place, or null and -1.
    private Holder? Choose(bool isApproved, out int place)
    {
        place = Array.IndexOf(_holders, null);
        Holder? unapproved = Array.Find(_holders, static holder => holder is { IsApproved: false });
        if (isApproved)
        {
            if (unapproved is { IsPinned: false })
                return unapproved;
            return place >= 0 ? null : Slowest();
        }

        if (unapproved is not null)
        {
            place = -1;
            return Slowest(unapproved);
        }

        // The other place is kept for approved ones.
        if (Array.Exists(_holders, static holder => holder is not null))
            place = -1;
        return null;
    }

    private Holder? Slowest(Holder? only = null) => _holders
        .Where(holder => holder is { IsPinned: false } && (only is null || holder == only) && time.GetElapsedTime(holder.Since) >= Grace)
        .MinBy(holder => holder!.Reception.Arrived / time.GetElapsedTime(holder.Since).TotalSeconds);

    private sealed class Holder(PivotReception reception, bool isApproved, long since)
    {
        internal PivotReception Reception => reception;

        internal bool IsApproved => isApproved;

        internal long Since => since;

        /// <summary>Its message is complete and is being answered.</summary>
        internal bool IsPinned { get; set; }
    }
}
