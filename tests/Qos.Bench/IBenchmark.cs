namespace Qos.Bench;

/// <summary>One subject of the table: what is measured, and against what.</summary>
internal interface IBenchmark
{
    /// <summary>The word that chooses it on the command line.</summary>
    string Name { get; }

    /// <summary>Measures.</summary>
    Task<IReadOnlyList<BenchRow>> RunAsync(BenchOptions options);
}
