namespace Qos.Control;

/// <summary>The ingress's loops: as many as there are processors.</summary>
internal sealed class IngressLoops(int count) : IDisposable
{
    private readonly IngressLoop[] _loops = [.. Enumerable.Range(0, count).Select(static index => new IngressLoop(index))];

    public int Count => _loops.Length;

    /// <summary>How many sockets all of them have.</summary>
    public int Sockets => _loops.Sum(static loop => loop.Count);

    public IngressLoop this[int index] => _loops[index];

    /// <summary>How many connections of clients there are.</summary>
    public int Clients => _loops.Sum(static loop => loop.Clients);

    /// <summary>The one with the fewest sockets.</summary>
    public IngressLoop Next() => _loops.MinBy(static loop => loop.Count)!;

    public void Dispose()
    {
        foreach (IngressLoop loop in _loops)
            loop.Dispose();
    }
}
