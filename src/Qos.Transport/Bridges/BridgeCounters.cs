namespace Qos.Transport;

/// <summary>A snapshot of what a bridge did so far.</summary>
/// <param name="Open">Connections that are open now.</param>
/// <param name="Accepted">Connections that were accepted.</param>
/// <param name="Refused">Connections that were closed at once: over the limit, no descriptors, or the other side unreachable.</param>
/// <param name="Reset">Connections that ended by a reset or a time limit.</param>
/// <param name="BytesToTarget">Bytes from the listening side to the connecting side.</param>
/// <param name="BytesFromTarget">Bytes back.</param>
public readonly record struct BridgeCounters(
    long Open, long Accepted, long Refused, long Reset, long BytesToTarget, long BytesFromTarget);

/// <summary>The counters of one bridge on one loop: only the loop's thread writes them, so they need no locked operation.</summary>
internal sealed class LoopCounters
{
    internal long Accepted;
    internal long Refused;
    internal long Reset;
    internal long BytesToTarget;
    internal long BytesFromTarget;
}
