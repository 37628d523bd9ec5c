namespace Qos.Node;

/// <summary>Lets one message at a time bring a pivot: there is room for one.</summary>
internal sealed class PivotGate
{
    private int _isTaken;

    internal bool TryEnter() => Interlocked.CompareExchange(ref _isTaken, 1, 0) == 0;

    internal void Leave() => Volatile.Write(ref _isTaken, 0);
}
