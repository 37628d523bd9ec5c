using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Qos.Control;

/// <summary>What the ingress counts and traces.</summary>
internal sealed class ControlMetrics : IDisposable
{
    public const string Name = "Qos.Control";

    private readonly Meter _meter = new(Name);
    private readonly Counter<long> _requests;
    private readonly Counter<long> _retries;
    private readonly Histogram<double> _duration;

    public ControlMetrics(IngressTable table, IngressLoops loops)
    {
        _requests = _meter.CreateCounter<long>("qos_ingress_requests_total", description: "Requests to apps, by outcome.");
        _retries = _meter.CreateCounter<long>("qos_ingress_retries_total", description: "Requests that were tried at another replica.");
        _duration = _meter.CreateHistogram(
            "qos_ingress_request_duration_seconds",
            "s",
            "From a request to an app until its answer is through.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] });
        _meter.CreateObservableGauge("qos_ingress_destinations", () => table.Apps.Sum(static app => app.Destinations.Count), description: "Ready replicas of live deployments.");
        _meter.CreateObservableGauge("qos_ingress_connections", () => loops.Clients, description: "Open connections of the apps' users.");
    }

    /// <summary>Traces of requests.</summary>
    public static ActivitySource Source { get; } = new(Name);

    /// <summary>A request that is over.</summary>
    /// <param name="served">Whether a replica answered.</param>
    /// <param name="begin">When it came, as <see cref="Stopwatch.GetTimestamp"/> gives it.</param>
    public void Request(bool served, long begin)
    {
        _requests.Add(1, new KeyValuePair<string, object?>("outcome", served ? "served" : "failed"));
        _duration.Record(Stopwatch.GetElapsedTime(begin).TotalSeconds);
    }

    public void Retry() => _retries.Add(1);

    public void Dispose() => _meter.Dispose();
}
