namespace Qos.Bench.Bridge;

/// <summary>What the load generator measured.</summary>
/// <param name="GigabytesPerSecond">Payload.</param>
/// <param name="PerSecond">Operations.</param>
/// <param name="P50">The median time of an operation in microseconds.</param>
/// <param name="P99">Its 99th percentile.</param>
/// <param name="Errors">Operations that failed.</param>
internal sealed record LoadResult(double GigabytesPerSecond, double PerSecond, double P50, double P99, long Errors);
