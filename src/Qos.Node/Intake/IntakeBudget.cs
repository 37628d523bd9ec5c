namespace Qos.Node;

/// <summary>
/// How much all messages that are still arriving hold together, so that many connections cannot take more memory than one bad
/// afternoon is worth. Specification: protocol, Transport ("Ours").
/// </summary>
internal sealed class IntakeBudget(long limit)
{
    private long _taken;

    internal long Taken => Interlocked.Read(ref _taken);

    internal bool TryTake(int bytes)
    {
        if (Interlocked.Add(ref _taken, bytes) <= limit)
            return true;
        Interlocked.Add(ref _taken, -bytes);
        return false;
    }

    internal void GiveBack(int bytes) => Interlocked.Add(ref _taken, -bytes);
}
