namespace Qos.Control;

/// <summary>The ingress's loops: as many as there are processors, and a thread for each.</summary>
internal sealed class IngressLoops : IDisposable
{
    private readonly IngressLoop[] _loops;
    private int _running;
    private volatile bool _stops;

    public IngressLoops(int count)
    {
        _loops = [.. Enumerable.Range(0, count).Select(index => new IngressLoop(this, index))];
        _running = count;
        foreach (IngressLoop loop in _loops)
            new Thread(() => Run(loop)) { IsBackground = true, Name = $"ingress {loop.Index}" }.UnsafeStart();
    }

    public int Count => _loops.Length;

    public bool Stops => _stops;

    public IngressLoop this[int index] => _loops[index];

    /// <summary>The one with the fewest sockets.</summary>
    public IngressLoop Next() => _loops.MinBy(static loop => loop.Count)!;

    public void Dispose()
    {
        _stops = true;
        foreach (IngressLoop loop in _loops)
            loop.Wake();
    }

    // A thread also looks at the other loops: none is closed before all threads have ended.
    private void Run(IngressLoop loop)
    {
        loop.Run();
        if (Interlocked.Decrement(ref _running) > 0)
            return;
        foreach (IngressLoop ended in _loops)
            ended.Close();
    }
}
