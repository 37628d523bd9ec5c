namespace Qos.Fleet.World;

/// <summary>Ends the service at the n-th of its effects, before or after it: as a kill does, nothing is caught and nothing more is written.</summary>
public sealed class Interruption : IDisposable
{
    private int _left = int.MaxValue;
    private CancellationTokenSource _life = new();

    public CancellationToken Life => _life.Token;

    public bool HasHappened => _life.IsCancellationRequested;

    public int Passed { get; private set; }

    public void At(int effect)
    {
        _left = effect;
        _life = new CancellationTokenSource();
    }

    public void Never() => At(int.MaxValue);

    public async Task<T> AroundAsync<T>(Func<Task<T>> effect)
    {
        Pass();
        T result = await effect();
        Pass();
        return result;
    }

    public void Dispose() => _life.Dispose();

    private void Pass()
    {
        lock (this)
        {
            _life.Token.ThrowIfCancellationRequested();
            Passed++;
            if (--_left > 0)
                return;
        }

        _life.Cancel();
        _life.Token.ThrowIfCancellationRequested();
    }
}
