namespace Qos.Bench;

/// <summary>A temporary folder, which goes when the benchmark is over.</summary>
internal sealed class BenchFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("qos-bench-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
