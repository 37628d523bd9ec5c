namespace Qos.Transport.Tests;

/// <summary>A folder of short path for sockets, removed afterwards.</summary>
internal sealed class Scratch : IDisposable
{
    private static int s_count;

    public Scratch()
    {
        Folder = Path.Combine(Path.GetTempPath(), $"qt{Environment.ProcessId}_{Interlocked.Increment(ref s_count)}");
        Directory.CreateDirectory(Folder);
    }

    public string Folder { get; }

    public string PathOf(string name) => Path.Combine(Folder, name);

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
