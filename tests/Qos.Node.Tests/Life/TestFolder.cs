namespace Qos.Node.Tests;

/// <summary>An empty folder that is removed at the end.</summary>
/// <param name="inMemory">Whether it is in memory where the machine has such a place: for tests that make thousands of nodes, whose files are waited for on a disk.</param>
internal sealed class TestFolder(bool inMemory = false) : IDisposable
{
    private const string Memory = "/dev/shm";

    internal string Path { get; } = inMemory && Directory.Exists(Memory)
        ? Directory.CreateDirectory(System.IO.Path.Combine(Memory, $"qos-node-{Guid.NewGuid():n}")).FullName
        : Directory.CreateTempSubdirectory("qos-node-").FullName;

    internal string[] Names => [.. Directory.EnumerateFileSystemEntries(Path).Select(System.IO.Path.GetFileName).Order()!];

    internal string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
