namespace Qos.Transport;

/// <summary>The counters of one bridge on one loop: only the loop's thread writes them, so they need no locked operation.</summary>
internal sealed class BridgeTally
{
    internal long Accepted;
    internal long Refused;
    internal long Reset;
    internal long BytesToTarget;
    internal long BytesFromTarget;
}
