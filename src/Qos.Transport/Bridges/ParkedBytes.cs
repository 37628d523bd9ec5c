namespace Qos.Transport;

/// <summary>Bytes that a receiver did not take yet, in memory of their loop's <see cref="ParkingLot"/>.</summary>
internal unsafe struct ParkedBytes
{
    internal byte* Memory;
    internal int Start;
    internal int Count;
    internal bool Large;

    internal readonly byte* First => Memory + Start;
}
